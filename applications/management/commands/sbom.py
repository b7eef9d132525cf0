"""What this installation is made of, as a bill of materials."""

import json
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
IS_SPDX = re.compile(r"[\w.+-]+(?: (?:AND|OR|WITH) [\w.+-]+)*")


class Command(BaseCommand):
    help = "Print the packages that requirements.txt pins and this machine has, in CycloneDX 1.6 (JSON)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        pinned = dict(PINNED.findall((settings.BASE_DIR / "requirements.txt").read_text()))
        bill = {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {"component": {"type": "application", "bom-ref": "latchkey", "name": "latchkey"}},
            "components": [
                part for name, version in sorted(pinned.items()) if (part := _part(name, version))
            ],
        }
        self.stdout.write(json.dumps(bill, indent=2))


def _part(name: str, version: str) -> dict[str, Any] | None:
    """Describe a package; None for one of another platform. CommandError where another version is installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    if found.version != version:
        raise CommandError(f"{name} {found.version} is installed, and requirements.txt pins {version}.")
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    part = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    licence = _licence(found)
    return part | ({"licenses": [{"expression": licence}]} if licence else {})


def _licence(found: Distribution) -> str:
    stated = found.metadata.get("License-Expression") or ""
    return stated if IS_SPDX.fullmatch(stated) else ""
