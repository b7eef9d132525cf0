#!/usr/bin/env python
"""Django's command line, for the operator: `./run manage COMMAND`."""

import os
import sys

from django.core.management import execute_from_command_line

from config.end import end
from config.failures import failure_of


def main() -> None:
    """Run the command of the command line; what the operator has to mend is one sentence and an exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.umask(0o077)  # whatever a command writes is for this user alone
    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if (failure := failure_of(error)) is None:
            raise
        end(*failure)


if __name__ == "__main__":
    main()
