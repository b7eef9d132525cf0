"""The bill of materials names what is pinned and installed."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

pytestmark = pytest.mark.skipif(settings.POSTGRESQL, reason="no database takes part in this")


def bill() -> str:
    out = StringIO()
    call_command("sbom", stdout=out)
    return out.getvalue()


def test_it_is_cyclonedx_and_names_each_pinned_package() -> None:
    read = Bom.from_json(json.loads(bill()))  # type: ignore[attr-defined]  # added by a decorator
    named = {component.name: component for component in read.components}
    text = (settings.BASE_DIR / "requirements.in").read_text()
    wanted = {re.split(r"[\[~=<>;]", line)[0].strip() for line in text.splitlines() if line[:1].isalpha()}
    assert len(wanted) > 8
    assert wanted <= named.keys()
    assert str(named["django"].purl) == f"pkg:pypi/django@{named['django'].version}"
    assert any(component.licenses for component in named.values())


def test_another_version_than_the_pinned_one_is_no_bill(tmp_path: Path, settings: Settings) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "requirements.txt").write_text("django==1.0\nnot-here==2.0\n")
    with pytest.raises(CommandError, match=r"pins 1\.0"):
        bill()
    (tmp_path / "requirements.txt").write_text("not-here==2.0\n")
    assert json.loads(bill())["components"] == []
