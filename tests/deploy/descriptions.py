"""What the files of deploy/ have in common: settings, commands and folders that the product has."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

from tests.deploy.images import stages
from tests.servers import ROOT

DEPLOY = ROOT / "deploy"
IMAGE = stages()[-1]
SETTINGS = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a file of YAML."""
    return list(yaml.safe_load_all(path.read_text()))


def assert_are_settings(names: Iterable[str]) -> None:
    assert set(names) - SETTINGS == set(), "not in .env.example"


def assert_are_arguments_of_run(arguments: list[str]) -> None:
    """Hold arguments of the image, which are those of `./run`, against the commands that there are."""
    if arguments:
        assert arguments[0] == "manage"
        assert get_commands()[arguments[1]] == "applications"
