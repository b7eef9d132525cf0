"""`./run` without an argument: serves, keeps its data, and leaves nothing behind when it ends."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.servers import free_port, wait_until_answering

SECONDS_TO_END = 10
MAKE_OWNER = ["manage", "create_account", "Demo", "--owner", "owner@demo.example"]
STATIC = ["static", "static.fingerprint"]

# That `./run` serves on PostgreSQL too, one start shows.
on_any_database_alike = pytest.mark.skipif(settings.POSTGRESQL, reason="the run on SQLite has it")


class Start:
    """One start of `./run`, as a person in a terminal makes it."""

    def __init__(self, checkout: Path, shell: dict[str, str], *before: str) -> None:
        port = free_port()
        self.url = f"http://localhost:{port}"
        self.log = checkout.parent / f"{port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, "./run"],
                cwd=checkout,
                env={**shell, "PORT": str(port)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.log.read_text()

    @property
    def password(self) -> str:
        found = re.search(r"^  Password  (\S+)$", self.words, re.MULTILINE)
        assert found, self.words
        return found[1]

    @property
    def workers(self) -> int:
        """How many processes answer requests: those that config/workers.py has started."""
        return sum("spawn_main" in _command(pid) for pid in self.processes())

    def processes(self) -> list[int]:
        """All that it started and that has not ended: the server's workers have a process group of their own."""
        pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
        return [pid for pid in pids if _stat(pid)[3] == self.process.pid and _stat(pid)[0] != "Z"]

    def wait(self) -> None:
        wait_until_answering(self.url, self.process)

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def has_ended_wholly(self) -> bool:
        """Whether the process and everything that it started are gone within a few seconds."""
        deadline = time.monotonic() + SECONDS_TO_END
        while time.monotonic() < deadline:
            if self.process.poll() is not None and not self.processes():
                return True
            time.sleep(0.05)
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        return False


def _stat(pid: int) -> tuple[str, int, int, int]:
    """The state, parent, process group and session of a process; "Z" where it is no more."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "Z", 0, 0, 0
    return after_name[0], int(after_name[1]), int(after_name[2]), int(after_name[3])


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def commands_of(start: Start) -> str:
    """The command lines of all that it started."""
    return "\n".join(_command(pid) for pid in start.processes())


def _run(checkout: Path, shell: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """`./run manage …`, or `./run` with a port of its own."""
    environment = {**shell, "PORT": str(free_port())}
    return subprocess.run(
        ["./run", *words],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _make_read_only(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o555 | 0o444 | (0o111 if path.is_dir() else 0))


def _sign_in(start: Start, password: str) -> requests.Response:
    with requests.Session() as session:
        page = session.get(f"{start.url}/panel/sign-in/", timeout=10)
        assert page.status_code == 200
        form = {
            "login": "owner@demo.example",
            "password": password,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        return session.post(page.url, data=form, timeout=10)


@pytest.mark.postgres
def test_on_a_database_of_others_nothing_is_made_up(compiled: Path, shell: dict[str, str]) -> None:
    keyless = {name: value for name, value in shell.items() if name != "SECRET_KEY"}
    refused = _run(compiled, keyless)
    assert (refused.returncode, "All machines need the same one" in refused.stderr) == (78, True)
    assert len(refused.stderr.splitlines()) == 1
    start = Start(compiled, shell)
    try:
        start.wait()
        assert "There is no account yet" in start.words
        assert "Password" not in start.words
        assert "deliver_webhooks" in commands_of(start)
        made = _run(compiled, {**shell, "LATCHKEY_OWNER_PASSWORD": "a-long-way"}, *MAKE_OWNER)
        assert made.returncode == 0, made.stderr
        assert "/applications/" in _sign_in(start, "a-long-way").url
    finally:
        start.process.terminate()
    assert start.has_ended_wholly()
    assert sorted(path.name for path in (compiled / "var").iterdir()) == ["metrics", "prepare.lock", *STATIC]


@on_any_database_alike
def test_a_first_start_says_how_to_sign_in_and_a_second_keeps_the_data(
    installed: Path, shell: dict[str, str]
) -> None:
    of_its_own = {name: value for name, value in shell.items() if name != "WORKERS"}
    first = Start(installed, of_its_own)
    try:
        first.wait()
        assert first.workers == len(os.sched_getaffinity(0))
        assert f"{first.url}/panel/" in first.words
        assert f"{first.url}/oauth/token" in first.words
        assert "/applications/" in _sign_in(first, first.password).url
        assert "deliver_webhooks" in commands_of(first), "events are sent without another command"
        # By its number it is reached too; passkeys alone need the name.
        assert requests.get(first.url.replace("localhost", "127.0.0.1"), timeout=10).status_code == 200
    finally:
        first.press_ctrl_c()
    assert first.has_ended_wholly()
    generated = ("var", "var/secret_key", "var/owner_password")
    assert [(installed / name).stat().st_mode & 0o777 for name in generated] == [0o700, 0o600, 0o600]

    key = (installed / "var" / "secret_key").read_text()
    second = Start(installed, shell)
    try:
        second.wait()
        assert second.workers == 1
        assert second.password == first.password
        assert "/applications/" in _sign_in(second, first.password).url
        assert (installed / "var" / "secret_key").read_text() == key
    finally:
        second.press_ctrl_c()
    assert second.has_ended_wholly()


@on_any_database_alike
def test_code_that_nobody_may_change_and_a_user_without_rights_suffice(
    compiled: Path, shell: dict[str, str], tmp_path: Path, write_tables: Callable[[Path], None]
) -> None:
    # Root without its capabilities is held to the modes of files, as everybody else is.
    humbly = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    data = tmp_path / "data"
    write_tables(data / "latchkey.sqlite3")
    _make_read_only(compiled)
    start = Start(compiled, {**shell, "VAR_DIR": str(data)}, *humbly)
    try:
        start.wait()
        assert "/applications/" in _sign_in(start, start.password).url
    finally:
        start.process.terminate()
    assert start.has_ended_wholly()
    assert not (compiled / "var").exists()
    modes = {path.stat().st_mode & 0o777 for path in data.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in data.rglob("*") if path.is_dir()} == {0o700}


@on_any_database_alike
def test_a_chosen_password_works_and_is_written_nowhere(
    compiled: Path, shell: dict[str, str], write_tables: Callable[[Path], None]
) -> None:
    write_tables(compiled / "var" / "latchkey.sqlite3")
    (compiled / ".env").write_text("export WEBHOOK_WORKERS='0'\nWEBHOOK_WORKERS=1\n")
    start = Start(compiled, {**shell, "LATCHKEY_OWNER_PASSWORD": "a-long-way-to-tipperary"})
    try:
        start.wait()
        assert "/applications/" in _sign_in(start, "a-long-way-to-tipperary").url
        assert "tipperary" not in start.words
        assert "deliver_webhooks" not in commands_of(start), ".env says so, as it says all else"
        assert not (compiled / "var" / "owner_password").exists()
    finally:
        start.process.terminate()
    assert start.has_ended_wholly()


@on_any_database_alike
def test_a_taken_port_is_named(compiled: Path, shell: dict[str, str]) -> None:
    with socket.socket() as neighbour:
        neighbour.bind(("127.0.0.1", 0))
        neighbour.listen()
        port = neighbour.getsockname()[1]
        done = subprocess.run(
            ["./run"],
            cwd=compiled,
            env={**shell, "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 71
    assert f"Port {port} of 127.0.0.1 is taken" in done.stderr


@on_any_database_alike
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_set_up_that_is_told_to_end_takes_its_children_along(
    compiled: Path, shell: dict[str, str], how: signal.Signals
) -> None:
    (compiled / "manage.py").write_text("import time\nprint('busy', flush=True)\ntime.sleep(60)\n")
    start = Start(compiled, shell)
    deadline = time.monotonic() + SECONDS_TO_END
    while "busy" not in start.words and time.monotonic() < deadline:
        time.sleep(0.05)
    start.process.send_signal(how)  # to the script alone, as a supervisor does
    assert start.has_ended_wholly()
    assert start.process.returncode == 128 + how
