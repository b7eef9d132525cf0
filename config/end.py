"""How the product ends when it cannot go on."""

import sys
from typing import NoReturn

from applications.rules.exit_codes import ExitCode


def end(code: ExitCode, sentence: str) -> NoReturn:
    """Say why in one sentence, and end the process."""
    sys.stderr.write(" ".join(sentence.split()) + "\n")
    raise SystemExit(int(code))
