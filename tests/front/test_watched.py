"""A served product tells its operator what happens: figures of all workers together, and a line for each answer."""

import base64
import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.servers import OWNER_PASSWORD, ROOT, Served, wait_until_answering

pytestmark = pytest.mark.served

TRACE = "0af7651916cd43dd8448eb211c80319c"
SECONDS = 15  # until what is written four times a second is there, on a busy machine


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(
        tmp_path_factory.mktemp("watched"), BODY_SECONDS="0.5", MAIL_URL="smtp://of:apassword@mail.example:25"
    )
    served.manage("create_account", "Watched", "--owner", "owner@watched.example")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def client(watched: Served) -> dict[str, str]:
    scopes = ["--scopes", "sms account", "--json"]
    made: dict[str, str] = json.loads(watched.manage("create_application", "--account", "Watched", *scopes))
    return made


def ask(watched: Served, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, bytes]:
    """Return status, request id and body of an answer."""
    request = urllib.request.Request(f"{watched.url}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["X-Request-Id"], answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["X-Request-Id"], error.read()


def token(watched: Served, client: dict[str, str]) -> tuple[str, str]:
    """Return a new token, and the id of the request for it."""
    pair = base64.b64encode(f"{client['application_id']}:{client['application_secret']}".encode()).decode()
    _status, request_id, body = ask(
        watched,
        "/oauth/token",
        b"grant_type=client_credentials",
        Authorization=f"Basic {pair}",
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
    )
    return json.loads(body)["access_token"], request_id


def figures(watched: Served) -> dict[tuple[str, ...], float]:
    text = ask(watched, "/metrics")[2].decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def until[Found](look: Callable[[], Found | None]) -> Found:
    """Return what `look` finds, once it finds anything."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("It was never there.")


def logged(watched: Served) -> list[dict[str, Any]]:
    lines = watched.log.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def line_of(watched: Served, request_id: str) -> dict[str, Any]:
    """Return the one line of a request, once it is written."""

    def look() -> dict[str, Any] | None:
        found = [line for line in logged(watched) if line.get("request_id") == request_id]
        assert len(found) < 2
        return found[0] if found else None

    return until(look)


def test_the_workers_are_counted_together(watched: Served, client: dict[str, str]) -> None:
    before = figures(watched)
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda _number: token(watched, client), range(40)))

    counted: list[tuple[str, ...]] = [
        ("latchkey_tokens_issued_total",),
        ("latchkey_requests_total", "POST", "/oauth/token", "200"),
        ("latchkey_request_seconds_count", "/oauth/token"),
    ]

    def all_there() -> dict[tuple[str, ...], float] | None:
        found = figures(watched)
        more = [found.get(name, 0) - before.get(name, 0) for name in counted]
        return found if more == [40, 40, 40] else None

    found = until(all_there)
    inserts = ("latchkey_statement_seconds_count", "insert")
    assert 1 <= found[inserts] - before.get(inserts, 0) <= 40, "one statement stores what came together"
    assert found["latchkey_workers",] == 2
    memory = [value for (name, *_labels), value in found.items() if name == "latchkey_worker_memory_bytes"]
    assert len(memory) == 2
    assert min(memory) > 10_000_000


def test_no_counter_goes_down_when_a_worker_dies(watched: Served, client: dict[str, str]) -> None:
    token(watched, client)
    time.sleep(1.5)  # what it counted is in its file
    before = figures(watched)
    pids = [labels[0] for (name, *labels) in before if name == "latchkey_worker_memory_bytes"]
    os.kill(int(pids[0]), signal.SIGKILL)

    def another_came() -> dict[tuple[str, ...], float] | None:
        try:
            found = figures(watched)
        except (OSError, KeyError):  # it was the one that was asked
            return None
        others = [labels[0] for (name, *labels) in found if name == "latchkey_worker_memory_bytes"]
        return found if len(others) == 2 and others != pids else None

    found = until(another_came)
    wait_until_answering(watched.url, watched.process)
    for name in before:
        if name[0].endswith(("_total", "_count", "_bucket")):
            assert found.get(name, 0) >= before[name], name


def test_every_answer_has_a_line(watched: Served, client: dict[str, str]) -> None:
    value, asked = token(watched, client)
    line = line_of(watched, asked)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/oauth/token", 200)
    assert (line["address"], line["application_id"]) == ("127.0.0.1", client["application_id"])
    assert line["trace_id"] == TRACE
    assert 0 < line["ms"] < 10_000
    _status, asked, _body = ask(watched, "/account", Authorization=f"Bearer {value}")
    assert line_of(watched, asked)["application_id"] == client["application_id"]
    _status, asked, _body = ask(watched, "/oauth/verify?scope=sms", Authorization=f"Bearer {'0' * 40}")
    assert line_of(watched, asked)["status"] == 401
    assert "application_id" not in line_of(watched, asked)


@pytest.mark.parametrize(
    ("head", "route", "status"),
    [
        ("GET /nothing?token=of-a-client HTTP/1.1", "none", 404),
        ("GET /static/none.css HTTP/1.1", "/static/", 404),
        ("GET /panel/sign-in/?next=a-secret HTTP/1.1", "/panel/sign-in/", 200),
        ("POST /oauth/token HTTP/1.1\r\nContent-Length: 99999999", "/oauth/token", 413),
        ("POST /oauth/token HTTP/1.1\r\nContent-Length: 9", "/oauth/token", 408),
        ("POST /panel/sign-in/ HTTP/1.1\r\nContent-Length: 99999999", "/panel/sign-in/", 403),
    ],
)
def test_so_have_those_that_were_refused_at_the_door(
    watched: Served, head: str, route: str, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(watched.url).port or 0), timeout=10) as connection:
        connection.sendall(f"{head}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").read().decode("latin-1")
    asked = next(line for line in answer.splitlines() if line.lower().startswith("x-request-id"))
    line = line_of(watched, asked.partition(": ")[2])
    assert (line["route"], line["status"]) == (route, status)
    assert "secret" not in json.dumps(line)


def test_a_page_has_the_person(watched: Served) -> None:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(f"{watched.url}/panel/sign-in/", timeout=10) as page:
        form = page.read().decode()
    field = form.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    body = f"csrfmiddlewaretoken={field}&login=owner@watched.example&password={OWNER_PASSWORD}".replace(
        " ", "+"
    )
    with opener.open(f"{watched.url}/panel/sign-in/", body.encode(), timeout=10):
        pass
    with opener.open(f"{watched.url}/panel/you/", timeout=10) as page:
        asked = page.headers["X-Request-Id"]
    assert line_of(watched, asked)["user_id"].isdigit()


def test_the_start_tells_the_settings_once(watched: Served) -> None:
    told = until(lambda: [line for line in logged(watched) if line["event"] == "the server starts"] or None)
    assert len(told) == 1
    assert told[0]["settings"]["MAIL_URL"] == "smtp://mail.example:25"
    assert told[0]["settings"]["SECRET_KEY"] == "set"
    assert "apassword" not in watched.log.read_text()
    assert watched.environment["SECRET_KEY"] not in watched.log.read_text()


def test_its_files_are_for_nobody_else(watched: Served) -> None:
    folder = ROOT / "var" / "metrics"
    assert all(each.stat().st_mode & 0o077 == 0 for each in folder.iterdir())
