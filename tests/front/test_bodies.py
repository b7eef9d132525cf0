"""A body is read to its end however it is framed, or refused in words that the client gets to read."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product

import pytest
import requests

from tests.front.conftest import FORM, GRANT, JSON, SECONDS, Front, chunks, read
from tests.servers import OWNER_PASSWORD

MAX_BYTES = 64 * 1024
NODE = """
const [url, method, authorization, type, text] = process.argv.slice(1);
const body = new ReadableStream({ start(stream) {
    for (const piece of text.match(/.{1,9}/gs)) stream.enqueue(new TextEncoder().encode(piece));
    stream.close();
} });
const headers = { authorization, "content-type": type };
const answer = await fetch(url, { method, body, headers, duplex: "half" });
console.log(JSON.stringify([answer.status, await answer.text()]));
"""


def pieces(text: str) -> Iterator[bytes]:
    for start in range(0, len(text), 5):
        yield text[start : start + 5].encode()


def new_application(front: Front) -> str:
    body = b'{"name": "Made in chunks", "scopes": ["sms"]}'
    answer = front.chunked("POST /applications", front.bearer, body=body)
    assert answer.status == 201, answer
    return str(json.loads(answer.body)["applicationId"])


def test_every_endpoint_reads_chunks(front: Front) -> None:
    made = f"/applications/{new_application(front)}"
    told = json.loads(front.chunked(f"PATCH {made}", front.bearer, body=b'{"enabled": false}').body)
    assert told["enabled"] is False
    reset = b'{"overlap": "7 days", "revokeTokens": true}'
    answer = front.chunked(f"POST {made}/secret", front.bearer, body=reset)
    stops = json.loads(answer.body)["oldSecretStopsAt"]
    assert time.mktime(time.strptime(stops, "%Y-%m-%d %H:%M:%S")) > time.time() + 5 * 86400
    allow = b'{"network": "198.51.100.0/24"}'
    assert front.chunked(f"POST {made}/allowed-ips", front.bearer, body=allow).status == 201
    assert front.chunked(f"POST {made}/tokens/revoke", front.bearer, body=b"{}").status == 204
    answer = front.chunked(
        "POST /messages/preview", front.bearer, body=b'{"text": "Hello", "to": "+48600100200"}'
    )
    assert json.loads(answer.body)["text"] == "Hello"
    token = json.loads(front.chunked("POST /oauth/token", front.basic, body=GRANT, kind=FORM).body)[
        "access_token"
    ]
    for path, active in (("introspect", True), ("revoke", None), ("introspect", False)):
        answer = front.chunked(f"POST /oauth/{path}", front.basic, body=f"token={token}".encode(), kind=FORM)
        assert answer.status == 200
        assert json.loads(answer.body).get("active") is active


@pytest.mark.parametrize(
    ("what", "body", "told"),
    [
        ("PATCH /applications/{id}", b'{"enable": false}', b"enable: It is unknown."),
        ("POST /applications/{id}/secret", b'{"revoke": true}', b"revoke: It is unknown."),
        ("POST /applications/{id}/tokens/revoke", b'{"force": true}', b"force: It is unknown"),
        ("POST /messages/preview", b'{"txt": "Hello"}', b"txt: It is unknown."),
        ("PATCH /applications/{id}", b"", b"The body is empty."),
        ("POST /applications/{id}/secret", b"", b"The body is empty."),
        ("POST /messages/preview", b"", b"The body is empty."),
    ],
)
def test_what_is_wrong_in_chunks_is_seen(front: Front, what: str, body: bytes, told: bytes) -> None:
    answer = front.chunked(what.format(id=front.application_id), front.bearer, body=body)
    assert answer.status == 400
    assert told in answer.body


def test_an_iterator_of_requests(front: Front) -> None:
    url, client = front.served.url, (front.application_id, front.secret)
    headers = {"Content-Type": FORM}
    answer = requests.post(
        f"{url}/oauth/token", pieces(GRANT.decode()), auth=client, headers=headers, timeout=20
    )
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {front.token}", "Content-Type": JSON}
    path = f"{url}/applications/{new_application(front)}"
    answer = requests.patch(path, pieces('{"enabled": false}'), headers=headers, timeout=20)
    assert answer.json()["enabled"] is False


def test_a_stream_of_node(front: Front) -> None:
    path = f"/applications/{new_application(front)}"
    for method, address, authorization, kind, text in (
        ("POST", "/oauth/token", front.basic, FORM, GRANT.decode()),
        ("PATCH", path, front.bearer, JSON, '{"enabled": false}'),
    ):
        arguments = [front.served.url + address, method, authorization.partition(": ")[2], kind, text]
        command = ["node", "--input-type=module", "-e", NODE, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        status, body = json.loads(done.stdout)
        assert status == 200, body
        assert json.loads(body).get("enabled", False) is False


def test_a_form_of_the_panel_in_chunks(front: Front) -> None:
    with requests.Session() as session:
        page = session.get(f"{front.served.url}/panel/sign-in/", timeout=20)
        form = {
            "login": "owner@front.example",
            "password": OWNER_PASSWORD,
            "csrfmiddlewaretoken": session.cookies["csrftoken"],
        }
        text = requests.Request("POST", page.url, data=form).prepare().body
        answer = session.post(page.url, pieces(str(text)), headers={"Content-Type": FORM}, timeout=20)
    assert "/applications/" in answer.url


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/oauth/token", '"error": "invalid_request"'),
        ("/applications", '"type": "request_too_large"'),
        ("/panel/sign-in/", "This is too long"),
    ],
)
@pytest.mark.parametrize("framing", ["chunks", "length"])
def test_too_much_is_refused_and_the_refusal_can_be_read(
    front: Front, path: str, told: str, framing: str
) -> None:
    body = b"x" * 20 * MAX_BYTES
    lines = [front.bearer, f"Cookie: csrftoken={'c' * 32}", f"Content-Type: {FORM}"]
    if framing == "length":
        head = front.head(f"POST {path}", *lines, f"Content-Length: {len(body)}")
        answer = front.send(
            head, *(body[start : start + MAX_BYTES] for start in range(0, len(body), MAX_BYTES))
        )
    else:
        head = front.head(f"POST {path}", *lines, "Transfer-Encoding: chunked")
        answer = front.send(head, *chunks(body, MAX_BYTES))
    assert answer.status == 413
    assert told in answer.body.decode()
    assert "connection: close" in answer.headers
    assert "x-request-id" in answer.headers


def test_the_limit_itself_is_not_too_much(front: Front) -> None:
    head = front.head("POST /oauth/token", front.basic, f"Content-Type: {FORM}", "Transfer-Encoding: chunked")
    assert front.send(head, *chunks(GRANT + b"&x=" + b"y" * (MAX_BYTES - len(GRANT) - 3), 9000)).status == 200
    assert front.send(head, *chunks(GRANT + b"&x=" + b"y" * (MAX_BYTES - len(GRANT) - 2), 9000)).status == 413


def test_who_asks_before_sending_too_much_is_refused_at_once(front: Front) -> None:
    started = time.monotonic()
    answer = front.send(front.head("POST /applications", "Expect: 100-continue", "Content-Length: 70000"))
    assert (answer.status, time.monotonic() - started < SECONDS) == (413, True)


def test_no_connection_is_left_open_with_a_body_that_was_not_read(front: Front) -> None:
    """A thread that has answered must not hold on to what it had: many, so that each of them has its turn."""
    head = front.head("POST /panel/sign-in/", "Content-Length: 99999999", "Connection: close")
    with ExitStack() as stack:
        waiting = []
        for number in (1, 10, 20):
            together = [stack.enter_context(front.connect()) for _each in range(number)]
            for connection in together:
                connection.settimeout(SECONDS + 5)
                connection.sendall(head)
            for connection in together:
                assert read(connection).status == 403
            waiting += together
        for connection in waiting:
            assert connection.recv(1) == b""


def test_what_does_not_arrive_is_a_408(front: Front) -> None:
    started = time.monotonic()
    parts = {"Content-Length: 40": b"grant_type=client", "Transfer-Encoding: chunked": b"5\r\ngrant\r\n"}
    places = {"/oauth/token": '"error": "invalid_request"', "/account": '"type": "request_timeout"'}
    with ExitStack() as stack:
        waiting = []
        for path, framing in product(places, parts):
            connection = stack.enter_context(front.connect())
            head = front.head(f"POST {path}", front.basic, f"Content-Type: {FORM}", framing)
            connection.sendall(head + parts[framing])
            waiting.append((connection, places[path]))
        for connection, told in waiting:
            answer = read(connection)
            assert (answer.status, told in answer.body.decode()) == (408, True)
            assert connection.recv(1) == b"", "the connection goes on"
    assert SECONDS - 0.1 < time.monotonic() - started < SECONDS + 5


@pytest.mark.parametrize(
    "body", [b"zz\r\n\r\n", b"7\r\ngrant", b"5\r\ngrantX\r\n"], ids=["size", "end", "length"]
)
def test_what_breaks_off_is_not_acted_on(front: Front, body: bytes) -> None:
    target = f"/applications/{new_application(front)}"
    head = front.head(f"PATCH {target}", front.bearer, f"Content-Type: {JSON}", "Transfer-Encoding: chunked")
    with front.connect() as connection:
        connection.sendall(head + b'11\r\n{"name": "Other"}\r\n' + body)
        connection.shutdown(socket.SHUT_WR)
        assert read(connection).status == 400
    found = front.send(front.head(f"GET {target}", front.bearer))
    assert json.loads(found.body)["name"] == "Made in chunks"
