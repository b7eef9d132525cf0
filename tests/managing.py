"""Runs management commands, one after another, for a test that talks to a served process (see `tests.servers`).

Each line of standard input is a list of arguments in JSON; each is answered by a line with what the command printed
or, as `failed`, with its complaint. Starting a process for each command would cost it most of a second.
"""

import gc
import io
import json
import sys
import traceback
from contextlib import redirect_stdout

import django
from django.core.management import CommandError, call_command
from django.db import connections


def main() -> None:
    """Answer until standard input ends."""
    gc.disable()  # a short life
    django.setup()
    answers = sys.stdout
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


def run(arguments: list[str]) -> dict[str, str]:
    """Run one command, and leave no connection open that a lost server would break."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            call_command(*arguments)
    except CommandError as error:
        return {"failed": str(error)}
    except Exception:  # whatever it is, the test that asked has to hear of it
        return {"failed": traceback.format_exc()}
    finally:
        connections.close_all()
    return {"printed": printed.getvalue()}


if __name__ == "__main__":
    main()
