"""The release before this one, taken from the history and served on a database of this one's."""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import ROOT, Manager, Served, free_port, stop, wait_until_answering

# Its tag, renewed with each release (docs/releasing.md); before the first one, the last commit without migration 0017.
LAST_RELEASE = "3ace3ae32005abcc12b4444d367621d368fa100e"
# As its ./run serves it.
GRANIAN = "--interface asginl --http 1 --no-ws --log-level warning --host 127.0.0.1 --workers 1"
APPLICATION = "config.front:application"
# Its pages name files that were not collected: hashing them would cost more than all the rest.
SETTINGS = """
from tests.served_settings import *
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
"""
NO_HISTORY = (
    f"The last release ({LAST_RELEASE[:12]}) is not in the history here, so its code was NOT tried on the tables of"
    " this one: clone the repository fully."
)


@dataclass(frozen=True)
class LastRelease:
    """The release before: where it is served, and what runs its commands."""

    url: str
    manager: Manager

    def manage(self, *arguments: str) -> dict[str, Any]:
        """Run one of its commands and return what it printed."""
        printed: dict[str, Any] = json.loads(self.manager.run(*arguments, "--json"))
        return printed


@contextmanager
def last_release(served: Served, folder: Path) -> Iterator[LastRelease]:
    """Serve the last release with the database and the keys of `served`, which is this one."""
    home = unpack(folder / "last")
    (home / "unhashed.py").write_text(SETTINGS)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**served.environment, "DJANGO_SETTINGS_MODULE": "unhashed", "PUBLIC_URL": url}
    command = [sys.executable, "-m", "granian", *GRANIAN.split(), "--port", str(port), APPLICATION]
    manager = Manager(environment, home)
    with (folder / "last.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_answering(f"{url}/oauth/verify", process)
        yield LastRelease(url, manager)
    finally:
        manager.stop()
        stop(process)


def unpack(home: Path) -> Path:
    """Return a folder with the code of the last release; without a history, skip loudly.

    Fails in CI, unless its clone was asked to have no history: then nobody can have taken it for tried.
    """
    if not (packed := _archive()):
        if os.environ.get("CI") == "true" and not _is_shallow():
            pytest.fail(NO_HISTORY)
        pytest.skip(NO_HISTORY)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(home, filter="data")
    return home


def _is_shallow() -> bool:
    said = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() == "true"


def _archive() -> bytes:
    """Return the files of the last release, packed; nothing where there is no history that has it, or no git."""
    if shutil.which("git") is None:
        return b""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{LAST_RELEASE}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode != 0:
        return b""
    return subprocess.run(["git", "archive", LAST_RELEASE], cwd=ROOT, capture_output=True, check=True).stdout
