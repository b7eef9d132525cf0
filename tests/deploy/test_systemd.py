"""deploy/systemd: units that systemd itself finds nothing wrong with."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.descriptions import DEPLOY, assert_are_arguments_of_run, assert_are_settings
from tests.servers import ROOT

UNITS = sorted((DEPLOY / "systemd").glob("latchkey*"))
SERVICES = [path for path in UNITS if path.suffix == ".service"]
analyze = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(analyze is None, reason="no systemd-analyze here")
HIGHEST_EXPOSURE = 20  # tenths, of the 100 that a service without any limit has


def read(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, delimiters="=", strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    return unit


def test_there_are_a_server_a_sender_of_webhooks_and_a_purge_at_night() -> None:
    assert [path.name for path in UNITS] == [
        "latchkey-purge.service",
        "latchkey-purge.timer",
        "latchkey-webhooks.service",
        "latchkey.service",
    ]


@needs_systemd
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    for path in UNITS:
        # The one thing that this machine does not have.
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/latchkey/run", str(ROOT / "run")))
    command = [str(analyze), "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "latchkey" in line]
    assert (done.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_gives_the_product_few_rights(path: Path) -> None:
    limits = ["--offline=yes", f"--threshold={HIGHEST_EXPOSURE}"]
    done = subprocess.run([str(analyze), "security", *limits, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-400:]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_runs_what_there_is_with_the_settings_that_there_are(path: Path) -> None:
    service = read(path)["Service"]
    program, *arguments = service["ExecStart"].split()
    assert program == f"{service['WorkingDirectory']}/run"
    assert_are_arguments_of_run(arguments)
    assert_are_settings(re.findall(r"^Environment=(\w+)=", path.read_text(), re.MULTILINE))
    assert service["User"] == "latchkey"
    assert service["EnvironmentFile"] == "/etc/latchkey/latchkey.env"
    assert service["BindPaths"] == f"/var/lib/{service['StateDirectory']}:{service['WorkingDirectory']}/var"


def test_the_server_and_the_sender_come_back_and_the_purge_waits_for_its_timer() -> None:
    for name in ("latchkey.service", "latchkey-webhooks.service"):
        unit = read(DEPLOY / "systemd" / name)
        assert (unit["Service"]["Restart"], unit["Install"]["WantedBy"]) == ("always", "multi-user.target")
    purge = read(DEPLOY / "systemd" / "latchkey-purge.service")
    assert (purge["Service"]["Type"], purge.has_section("Install")) == ("oneshot", False)
    assert read(DEPLOY / "systemd" / "latchkey-purge.timer")["Install"]["WantedBy"] == "timers.target"
