"""A checkout of one's own to set up, beside the one under test."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT, database_of_its_own

# What a shell has; nothing of what the tests themselves are set up with.
KEPT = ["HOME", "LANG", "PATH", "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PYENV_ROOT"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Every file that a clone would have (and that is about to be committed), and nothing else."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    copy = tmp_path / "checkout"
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)  # with the time that compiled files are held against
    return copy


@pytest.fixture
def installed(checkout: Path) -> Path:
    """A checkout in which the requirements are installed already (making that takes half a minute)."""
    subprocess.run([ROOT / "run", "install"], check=True, capture_output=True)
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    return checkout


@pytest.fixture
def compiled(installed: Path) -> Path:
    """The same, in which Python has compiled the product already. Each process that may not write would do it."""
    for folder in ("applications", "config"):
        for file in (ROOT / folder).rglob("__pycache__/*.pyc"):
            (installed / file.relative_to(ROOT)).parent.mkdir(exist_ok=True)
            shutil.copy2(file, installed / file.relative_to(ROOT))
    return installed


@pytest.fixture
def bare(checkout: Path) -> Path:
    """A checkout that requires no package, so that making its environment takes seconds."""
    (checkout / "requirements.txt").write_text("")
    (checkout / "manage.py").write_text("import sys\nprint('Ran on', sys.version_info[:2])\n")
    return checkout


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell, with a database of its own on PostgreSQL when the tests run there."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
        "DRAIN_SECONDS": "0.1",
        "WORKERS": "1",
    }
    if "DATABASE_URL" in os.environ:
        environment["DATABASE_URL"] = database_of_its_own(tmp_path, migrated=True)
        environment["SECRET_KEY"] = secrets.token_hex(32)
    return environment
