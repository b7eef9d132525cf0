"""The receivers that the panel offers to copy: each is started as a member copies it, and is sent real deliveries.

A program whose language is not installed here is only read, and the reason of the skipped test says so.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from applications.delivery.sender import send
from applications.models import Application
from applications.operations.actors import OPERATOR
from applications.operations.webhook_secrets import roll_webhook_secret, signed_headers
from applications.panel.webhook_verification import PORT, verification_code
from applications.rules.signatures import new_signing_secret, sign
from tests.factories import make_account, make_application
from tests.servers import free_port

# Of each language: the file that the program is saved as, and the command that starts it.
PROGRAMS = {
    "python": ("receiver.py", [sys.executable, "receiver.py"]),
    "node": ("receiver.mjs", ["node", "receiver.mjs"]),
    "php": ("receiver.php", ["php", "-S", "127.0.0.1:{port}", "receiver.php"]),
    "go": ("main.go", ["go", "run", "main.go"]),
}
NEEDED = {"python", "node"}  # CI has them, so there they must run
CODE = {snippet.language: snippet.text for snippet in verification_code()}
BODY = '{"event": "receive_sms", "data": [{"text": "Zażółć 😀"}, {}]}'.encode()


@contextmanager
def running(
    language: str, secret: str | None, folder: Path
) -> Iterator[tuple[int, Path, "subprocess.Popen[bytes]"]]:
    """Start the receiver; yield its port, the file of what it prints, and the process."""
    name, command = PROGRAMS[language]
    if not shutil.which(command[0]):
        assert language not in NEEDED or os.environ.get("CI") != "true", f"CI needs {command[0]}"
        pytest.skip(f"{command[0]} is not installed here: the program is only read")
    port, printed = free_port(), folder / "printed"
    (folder / name).write_text(CODE[language].replace(str(PORT), str(port)))
    environment = {**os.environ, "GOFLAGS": "-mod=mod"} | ({"WEBHOOK_SECRET": secret} if secret else {})
    words = [word.format(port=port) for word in command]
    with printed.open("wb") as file:
        # A group of its own: `go run` starts another process, which has to end with it.
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=file, stderr=file, start_new_session=True
        )
        try:
            yield port, printed, process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the receiver did not start")


@pytest.fixture
def application(db: None, settings: Settings) -> Application:
    """An application whose webhooks may go to this machine."""
    settings.CALLBACK_INSECURE = True
    return make_application(make_account())[0]


def signed(application: Application, minutes: float = 0) -> dict[str, str]:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    return signed_headers(application_id=application.pk, webhook_id="msg_1", at=moment, body=BODY)


def forged(secret: str) -> str:
    now = int(datetime.now(UTC).timestamp())
    return sign(signing_secrets=[secret], webhook_id="msg_1", timestamp=now, body=BODY)


@pytest.mark.parametrize("language", PROGRAMS)
def test_it_takes_what_is_genuine_and_nothing_else(
    language: str, application: Application, tmp_path: Path
) -> None:
    secret = roll_webhook_secret(application=application, actor=OPERATOR)
    with running(language, secret, tmp_path) as (port, printed, process):
        wait_for(port, process)

        def status(headers: dict[str, str], body: bytes = BODY) -> int | None:
            kind = {"Content-Type": "application/json"}
            return send(url=f"http://127.0.0.1:{port}/hook", body=body, headers=headers | kind).status

        good = signed(application)
        assert status(good) == 204
        assert [status(signed(application, minutes)) for minutes in (-4, 4)] == [204, 204]
        assert [status(signed(application, minutes)) for minutes in (-6, 6)] == [401, 401]
        signature = good["webhook-signature"]
        wrong = [
            good | {"webhook-signature": forged(new_signing_secret())},
            good | {"webhook-signature": signature.replace("v1,", "v2,")},
            good | {"webhook-signature": signature.removeprefix("v1,")},
            good | {"webhook-signature": f"{signature}A"},
            good | {"webhook-signature": "v1,"},
            good | {"webhook-signature": "v1"},
            good | {"webhook-id": "msg_2"},
            good | {"webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)},
            good | {"webhook-timestamp": "now"},
            {},
        ]
        assert [status(headers) for headers in wrong] == [401] * len(wrong)
        assert status(good, BODY.replace(b"{}", b"[]")) == 401
        assert printed.read_bytes().count(b"msg_1 receive_sms 2") == 3

        roll_webhook_secret(application=application, actor=OPERATOR)
        both = signed(application)
        assert both["webhook-signature"].count("v1,") == 2
        assert status(both) == 204
        only_new = both["webhook-signature"].split()[0]
        assert status(both | {"webhook-signature": only_new}) == 401


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_without_a_secret_it_does_not_start(language: str, tmp_path: Path) -> None:
    with running(language, None, tmp_path) as (_port, printed, process):
        assert process.wait(60) != 0
    assert "WEBHOOK_SECRET" in printed.read_text()


def test_php_without_a_secret_takes_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.CALLBACK_INSECURE = True
    with running("php", None, tmp_path) as (port, _printed, process):
        wait_for(port, process)
        assert send(url=f"http://127.0.0.1:{port}/", body=BODY, headers={}).status == 500


def test_every_language_but_curl_has_one() -> None:
    assert list(CODE) == ["python", "node", "php", "go", "csharp"]


@pytest.mark.parametrize("language", CODE)
def test_each_says_what_counts(language: str) -> None:
    code = CODE[language]
    for words in ("WEBHOOK_SECRET", "webhook", "5 * ", "9000", "once for each", "anybody could sign"):
        assert words in code
    constant_time = {
        "python": "hmac.compare_digest",
        "node": "timingSafeEqual",
        "php": "hash_equals",
        "go": "hmac.Equal",
        "csharp": "FixedTimeEquals",
    }
    assert constant_time[language] in code
    assert "whsec_" in code
    assert max(map(len, code.splitlines())) <= 110
