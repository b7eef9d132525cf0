"""Settings that cannot be read end the start with one sentence and one exit code, and repeat no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from applications.rules.exit_codes import ExitCode
from config.environment import SECRETS, program, read_secret_files

GOOD = {
    "SECRET_KEY": "0123456789abcdef0123456789abcdeffedc",
    "ENV_FILE": os.devnull,
    "PATH": os.environ["PATH"],
}
SETTING = "import config.settings as s; print(({}))"
once = pytest.mark.skipif(settings.POSTGRESQL, reason="no database takes part in this")


def read(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the product's settings in a process of their own, and print what `expression` says of them."""
    command = [sys.executable, "-c", SETTING.format(expression)]
    return subprocess.run(command, env={**GOOD, **environment}, capture_output=True, text=True, check=False)


@once
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "db.example.com"),
        ("DATABASE_URL", "mysql://user:hunter2@host/latchkey"),
        ("DATABASE_URL", "postgres://user:hunter2@host/"),
        ("DATABASE_URL", "postgres://user:hunter2@host:port/latchkey"),
        ("CACHE_URL", "hunter2"),
        ("MAIL_URL", "hunter2://host"),
        ("RATE_LIMIT", "hunter2"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SECRET_KEY_FILE", "/nowhere/secret_key"),
    ],
)
def test_a_value_that_cannot_be_read(name: str, value: str) -> None:
    key = {"SECRET_KEY": ""} if name == "SECRET_KEY_FILE" else {}
    ended = read("", **{name: value}, **key)
    assert (ended.returncode, ended.stdout) == (ExitCode.SETTINGS, "")
    assert len(ended.stderr.splitlines()) == 1
    assert name in ended.stderr
    assert "hunter2" not in ended.stderr


@once
def test_secrets_come_from_files_and_are_written_where_varies(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(GOOD["SECRET_KEY"] + "\n")
    (tmp_path / "database").write_text("postgres://user:pass%40word@db.example:5432/latchkey\n")
    given = {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "key"), "VAR_DIR": str(tmp_path / "data")}
    given["DATABASE_URL_FILE"] = str(tmp_path / "database")
    ended = read("s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.OWN_SQLITE, s.STATIC_ROOT", **given)
    assert ended.stderr == ""
    assert ended.stdout.strip() == str(
        (GOOD["SECRET_KEY"], "pass@word", False, tmp_path / "data" / "static")
    ).replace("PosixPath", type(tmp_path).__name__)


@once
def test_an_empty_database_url_is_none_and_the_port_is_that_of_the_public_url() -> None:
    ended = read("s.OWN_SQLITE, s.PUBLIC_URL", DATABASE_URL="", PORT="8123")
    assert ended.stdout.strip() == "(True, 'http://localhost:8123')"


@once
def test_hosts_beside_latchkey_are_bound_only_when_asked_for() -> None:
    names = "s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.SECURE_HSTS_PRELOAD, s.SECURE_HSTS_SECONDS"
    assert read(names, PUBLIC_URL="https://a.example").stdout.strip() == "(False, False, 31536000)"
    asked = {"SECURE_HSTS_INCLUDE_SUBDOMAINS": "true", "SECURE_HSTS_PRELOAD": "true"}
    assert read(names, PUBLIC_URL="https://a.example", **asked).stdout.strip() == "(True, True, 31536000)"


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_can_be_in_a_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" a secret \n")
    environment = {f"{name}_FILE": str(tmp_path / "secret")}
    read_secret_files(environment)
    assert environment[name] == "a secret"


def test_a_secret_that_is_told_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_secret_files({"MAIL_URL": "smtp://a", "MAIL_URL_FILE": str(tmp_path)})
    assert ended.value.code == ExitCode.SETTINGS
    assert "Both MAIL_URL and MAIL_URL_FILE" in capsys.readouterr().err


def test_a_file_that_is_no_text_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    with pytest.raises(SystemExit):
        read_secret_files({"SECRET_KEY_FILE": str(tmp_path / "secret")})
    assert "secret cannot be read (it is not text)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["manage.py", "purge", "--json"], "latchkey purge"),
        (["/srv/latchkey/manage.py"], "latchkey web"),
        (["-c", "--multiprocessing-fork"], "latchkey web"),
        (["manage.py", "x" * 200], ("latchkey " + "x" * 200)[:63]),
    ],
)
def test_a_connection_says_which_program_it_is_of(
    words: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", words)
    assert program() == name
