"""Without a key that nobody can guess, the server does not start; what is wrong is one sentence."""

import os
import secrets
import subprocess
import sys

import pytest

from applications.rules.exit_codes import ExitCode
from config.secret_key import checked_key


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "is not set"),
        ("k" * 31, "shorter than 32"),
        ("f3a9c04be1d87265f3a9c04be1d8726", "shorter than 32"),
        ("a" * 64, "too few characters"),
        (" " * 64, "too few characters"),
        ("0123456" * 10, "too few characters"),
        ("changeme!x" * 5, "too few characters"),
    ],
)
def test_a_key_that_can_be_guessed(key: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        checked_key(key)
    said = capsys.readouterr().err
    assert (ended.value.code, words in said) == (ExitCode.SETTINGS, True)
    assert key == "" or key not in said


def test_a_random_key() -> None:
    for key in (secrets.token_hex(16), secrets.token_hex(32), secrets.token_urlsafe(32)):
        assert checked_key(key) == key


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_the_product_does_not_start(name: str) -> None:
    good = secrets.token_hex(32)
    environment = {**os.environ, "ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment |= {"SECRET_KEY": good, name: "too short"}
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == ExitCode.SETTINGS
    assert ended.stdout == ""
    assert name in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
