"""`./run sbom`: what the product consists of, as CycloneDX."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

from tests.environments import link_environment

PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+) ", re.MULTILINE)


def test_it_names_what_is_pinned_for_the_product_with_hashes_and_nothing_else(
    checkout: Path, shell: dict[str, str]
) -> None:
    link_environment(checkout, "requirements-dev.txt")
    done = subprocess.run(
        ["./run", "sbom"], cwd=checkout, env=shell, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    bill = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")

    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"]) == (project["name"], project["version"])

    pinned = PINNED.findall((checkout / "requirements.txt").read_text())
    assert sorted((each["name"], each["version"]) for each in bill["components"]) == sorted(pinned)
    assert len(pinned) > 15
    for each in bill["components"]:
        hashes = each["externalReferences"][0]["hashes"]
        assert {one["alg"] for one in hashes} == {"SHA-256"}
    # Nothing of the moment, so that two releases can be compared line by line.
    assert "timestamp" not in bill["metadata"]
    assert "serialNumber" not in bill
