"""What is installed for the tests, shown to a checkout or an image as its own."""

import shutil
from pathlib import Path

from tests.servers import ROOT

ENVIRONMENT = (ROOT / ".venv").resolve()


def link_environment(folder: Path, requirements: str) -> None:
    """Make `folder`/.venv of links, such that `./run` finds `requirements` installed and downloads nothing."""
    own = folder / ".venv"
    own.mkdir()
    for path in ENVIRONMENT.iterdir():
        if not path.name.startswith("installed-"):
            (own / path.name).symlink_to(path)
    shutil.copy(ROOT / requirements, own / f"installed-{requirements}")
