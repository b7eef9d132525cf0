"""The container image: built and run by a container engine where there is one, and step by step in a clean folder."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.deploy.images import Folder, first_of, stages
from tests.deploy.in_front import found
from tests.servers import ROOT, free_port, stop, wait_until_answering

METADATA = "/.well-known/oauth-authorization-server"
LIVE = "/health/live"
SECONDS_TO_END = 15
SECONDS_FOR_A_COMMAND = 60
KEY = uuid.uuid4().hex * 2


def has_engine() -> bool:
    """Whether a container engine runs here; the client alone is not enough."""
    docker = shutil.which("docker")
    return docker is not None and subprocess.run([docker, "info"], capture_output=True).returncode == 0


def can_enter_folders() -> bool:
    """Whether this is Linux, as root, with mounts of one's own allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    return (
        subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode == 0
    )


def test_every_stage_has_one_base_that_is_pinned_by_its_digest() -> None:
    bases = {stage.base for stage in stages()}
    assert len(bases) == 1
    version = (ROOT / ".python-version").read_text().strip()
    assert re.fullmatch(rf"python:{version}-slim@sha256:[0-9a-f]{{64}}", bases.pop())


def test_the_image_is_nobodys_root_and_says_where_it_writes() -> None:
    *_build, last = stages()
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", last.last("USER"))
    assert last.last("VOLUME") == f"{last.last('WORKDIR')}/var"
    assert LIVE in last.last("HEALTHCHECK")
    assert not [said for kind, said in last.steps if kind in ("RUN", "ADD")]
    assert {"HOST": "0.0.0.0", "WEBHOOK_WORKERS": "0"}.items() <= last.environment.items()


def test_the_build_is_sent_what_the_dockerfile_copies_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        name
        for stage in stages()
        for kind, said in stage.steps
        if kind == "COPY" and not said.startswith("--")
        for name in said.split()[:-1]
    }
    assert "*" in ignored
    assert sent == copied


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    program = found("hadolint", "requirements-dev.txt has it")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


in_a_folder = pytest.mark.skipif(not can_enter_folders(), reason="needs Linux, root and mounts of its own")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("image"))


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def container(image: Folder, port: int, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"SECRET_KEY": KEY, "PORT": str(port), "WORKERS": "1"}
    process = image.start(log=tmp_path / "log", **settings)
    try:
        wait_until_answering(f"http://127.0.0.1:{port}{METADATA}", process)
    except AssertionError as error:
        stop(process)
        raise AssertionError(f"{error}\n{(tmp_path / 'log').read_text()}") from error
    yield process
    stop(process)


@pytest.mark.served
@in_a_folder
def test_it_serves_on_a_read_only_root_as_its_own_user_runs_commands_and_ends_when_told(
    image: Folder, port: int, container: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    first = first_of(container)
    status = Path(f"/proc/{first}/status").read_text()
    assert re.search(r"^Uid:\s+10001\s+10001\s+10001\s+10001$", status, re.MULTILINE), status
    mounts = Path(f"/proc/{first}/mounts").read_text()
    assert re.search(r"^\S+ / \S+ ro[,\s]", mounts, re.MULTILINE), mounts

    url = f"http://127.0.0.1:{port}"
    assert requests.get(f"{url}{METADATA}", timeout=10).json()["token_endpoint"]
    page = requests.get(f"{url}/panel/sign-in/", timeout=10)
    style = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert style, page.text
    assert requests.get(f"{url}{style[1]}", timeout=10).status_code == 200

    alive = requests.get(f"{url}{LIVE}", timeout=10).status_code == 200
    assert image.is_healthy(first, PORT=str(port)) is alive
    assert not image.is_healthy(first, PORT=str(free_port()))

    command = image.start("manage", "purge", "--help", log=tmp_path / "command", SECRET_KEY=KEY)
    assert command.wait(SECONDS_FOR_A_COMMAND) == 0
    assert "usage: manage.py purge" in (tmp_path / "command").read_text()

    os.kill(first, signal.SIGTERM)
    assert container.wait(SECONDS_TO_END) in (0, 143)
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.served
@pytest.mark.skipif(not has_engine(), reason="no container engine runs here")
def test_an_engine_builds_it_and_finds_it_healthy(request: pytest.FixtureRequest) -> None:
    name = f"latchkey-test-{uuid.uuid4().hex[:12]}"

    def docker(*arguments: str) -> str:
        return subprocess.run(
            ["docker", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, timeout=600
        ).stdout

    docker("build", "--tag", name, ".")
    request.addfinalizer(lambda: docker("image", "rm", "--force", name))
    volume = "/opt/latchkey/var:uid=10001,gid=10001,mode=0700"
    limits = ["--read-only", "--cap-drop", "ALL", "--tmpfs", volume, "--health-interval", "1s"]
    docker("run", "--detach", "--name", name, *limits, "--env", f"SECRET_KEY={KEY}", name)
    request.addfinalizer(lambda: docker("rm", "--force", name))
    watch = f'until docker inspect {name} | grep -q \'"Status": "healthy"\'; do sleep 0.2; done'
    subprocess.run(["sh", "-c", watch], check=True, timeout=90)
    docker("stop", "--time", str(SECONDS_TO_END), name)
    assert json.loads(docker("inspect", name))[0]["State"]["ExitCode"] in (0, 143)
