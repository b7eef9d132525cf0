"""Hostile requests to every OAuth and API endpoint, as bytes on a socket: never a 5xx, never a wrong yes.

None of them is good: what has a good credential lacks something else. So a 2xx is a failure here.
"""

import hashlib
import itertools
import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from tests.oauth.conftest import FORM, GRANT, basic
from tests.servers import Served

JSON = "application/json"
OAUTH = ["/oauth/token", "/oauth/introspect", "/oauth/revoke"]
ONE = "/applications/{id}"
READ = [
    "/account",
    "/applications",
    "/applications/scopes",
    ONE,
    f"{ONE}/allowed-ips",
    "/account/allowed-ips",
]
WRITTEN = [
    "/applications",
    f"{ONE}/secret",
    f"{ONE}/tokens/revoke",
    f"{ONE}/webhooks/secret",
    f"{ONE}/allowed-ips",
    "/account/allowed-ips",
]
WRITTEN += ["/messages/preview"]
OPEN = ["/openapi.json", "/.well-known/oauth-authorization-server"]
EVERY = [*dict.fromkeys([*OAUTH, "/oauth/verify", *READ, *WRITTEN, *OPEN])]


@dataclass(frozen=True)
class Case:
    """A request; `{id}`, `{secret}`, `{token}`, `{key}`, `{basic}` and `{digest}` stand for what Demo has."""

    name: str
    method: str
    path: str
    headers: tuple[str, ...] = ()
    body: bytes = b""
    length: str | None = None  # another Content-Length than the right one

    def __str__(self) -> str:
        return f"{self.name} {self.method} {self.path}"


@dataclass(frozen=True)
class Demo:
    """A served application with all scopes, its secret and a token, and an API key."""

    address: tuple[str, int]
    fills: dict[str, str]

    def fill(self, text: str) -> str:
        for name, value in self.fills.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def raw(self, case: Case) -> bytes:
        """The bytes of a request; a header line is latin-1, so that any byte can be in it."""
        lines = [f"{case.method} {self.fill(case.path)} HTTP/1.1"]
        lines += [self.fill(line) for line in case.headers]
        if not any(line.lower().startswith("host:") for line in lines):
            lines.append("Host: 127.0.0.1")
        body = self.fill(case.body.decode("latin-1")).encode("latin-1")
        if case.length is not None or body:
            lines.append(f"Content-Length: {len(body) if case.length is None else case.length}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body

    def send(self, case: Case) -> bytes:
        """The whole answer; nothing at all when the server hangs up on what is no HTTP."""
        with socket.create_connection(self.address, timeout=20) as connection:
            answer = b""
            try:
                connection.sendall(self.raw(case))
                while part := connection.recv(65536):
                    answer += part
            except ConnectionError:
                pass
        return answer


@pytest.fixture(scope="session")
def demo(served: Served) -> Demo:
    served.manage("create_account", "Fuzz", "--owner", "owner@fuzz.example")
    scopes = "sms groups account applications"
    made = json.loads(served.manage("create_application", "--account", "Fuzz", "--scopes", scopes, "--json"))
    key = json.loads(served.manage("create_api_key", "--account", "Fuzz", "--scopes", "sms", "--json"))
    client = (made["application_id"], made["application_secret"])
    form = {"grant_type": "client_credentials"}
    token = requests.post(f"{served.url}/oauth/token", form, auth=client, timeout=20).json()["access_token"]
    url = urlsplit(served.url)
    assert url.hostname
    assert url.port
    fills = {
        "id": client[0],
        "secret": client[1],
        "token": token,
        "TOKEN": token.upper(),
        "key": next(word for word in key.values() if isinstance(word, str) and len(word) == 40),
        "basic": basic(*client),
        "digest": hashlib.sha256(token.encode()).hexdigest()[:40],
    }
    return Demo((url.hostname, url.port), fills)


# --- The cases -----------------------------------------------------------------------------------------

GOOD = "Authorization: Bearer {token}"
PROOF = "Authorization: {basic}"


def methods() -> Iterator[Case]:
    for path in EVERY:
        if path == "/oauth/verify":
            continue  # gateways ask with the method of the request they hold, so it takes any
        for method in ("PUT", "OPTIONS", "TRACE", "PROPFIND", "GETX"):
            yield Case("method", method, path, (GOOD,) if path not in OAUTH else (PROOF,))
    for path in OAUTH:
        for method in ("GET", "HEAD", "DELETE", "PATCH"):
            yield Case("method", method, f"{path}?{GRANT}&token={{token}}", (PROOF,))


def credentials() -> Iterator[Case]:
    """Headers that are nearly a credential, on what a credential opens."""
    nearly = [
        "Authorization: Bearer",
        "Authorization: Bearer ",
        "Authorization: Bearer {digest}",
        "Authorization: Bearer {TOKEN}",
        "Authorization: Bearer {token}0",
        "Authorization: Bearer {token} {token}",
        "Authorization: Bearer {token},{token}",
        'Authorization: Bearer "{token}"',
        "Authorization: Bearer\t{token}",
        "Authorization: Bearer%20{token}",
        "Authorization: Bearer {token}%00",
        "Authorization: Bearer {token}\xa0",
        "Authorization: Bearer {id}",
        "Authorization: Bearer {secret}",
        "Authorization: Bearer {key}",
        "Authorization: Bearer \xff\xfe",
        "Authorization: Bearer " + "a" * 7000,
        "Authorization: Token {token}",
        "Authorization: {token}",
        "Authorization: {basic}",
        "Authorization: Basic !!!",
        "Authorization: Basic",
        "Authorization: Digest username={id}",
        "Authentication: Bearer {token}",
        "Cookie: access_token={token}; sessionid={token}",
        "X-API-KEY: {token}",
        "X-API-KEY: {secret}",
        "X-API-KEY: {key}{key}",
        "X-API-KEY: \xff",
        "X-API-KEY: " + "0" * 7000,
        "X_API_KEY: {key}",
        "X-API-KEY: {key}\r\nAuthorization: Bearer {token}",
        "Authorization: Bearer {token}\r\nAuthorization: Bearer {token}",
        "",
    ]
    for line in nearly:
        for path in ("/account", "/applications", "/oauth/verify?scope=groups"):
            yield Case("credential", "GET", path, (line,) if line else ())
    for path in ("/account", "/applications", "/oauth/verify"):
        yield Case("in the query", "GET", f"{path}?access_token={{token}}&api_key={{key}}")
    for path in WRITTEN:
        yield Case("in the body", "POST", path, (f"Content-Type: {FORM}",), b"access_token={token}")
        yield Case(
            "by the wrong credential", "POST", path, ("X-API-KEY: {token}", f"Content-Type: {JSON}"), b"{}"
        )


def clients() -> Iterator[Case]:
    """Ways of saying who one is that are none."""
    for path in OAUTH:
        body = f"{GRANT}&token={{token}}".encode()
        for line in (
            "Authorization: Basic",
            "Authorization: Basic {id}",
            "Authorization: Basic e30=",
            "Authorization: Basic \xff\xff",
            "Authorization: {basic}=",
            "Authorization: {basic} x",
            "Authorization: Bearer {token}",
            "Authorization: Basic " + "QUFB" * 2000,
            "X-API-KEY: {key}",
        ):
            yield Case("client", "POST", path, (line, f"Content-Type: {FORM}"), body)
        for more in (
            b"&client_id={id}",
            b"&client_secret={secret}",
            b"&client_id={id}&client_secret=",
            b"&client_id={id}&client_secret={token}",
            b"&client_id={id}&client_secret={digest}",
            b"&client_id={id}&client_id={id}&client_secret={secret}",
            b"&client_id={id}%00&client_secret={secret}",
            b"&client_id={id}&client_secret={secret}%0a",
            b"&CLIENT_ID={id}&CLIENT_SECRET={secret}",
            b"&client_id[]={id}&client_secret[]={secret}",
        ):
            yield Case("client", "POST", path, (f"Content-Type: {FORM}",), body + more)
        yield Case(
            "both ways", "POST", path, (PROOF, f"Content-Type: {FORM}"), body + b"&client_secret={secret}"
        )


def forms() -> Iterator[Case]:
    """Bodies of a client that proves itself, and that are no good all the same."""
    bad = [
        b"",
        b"%",
        b"%zz=%zz",
        b"\x00",
        b"\xff\xfe",
        b"=&=&=",
        b"&".join(b"a%d=1" % number for number in range(40)),
        b"grant_type=client_credentials&grant_type=client_credentials&token={token}&token={token}",
        b"grant_type=client_credentials&scope=%00&token=%00",
        b"grant_type=client_credentials&scope=sms%0agroups&token={token}%0a",
        b"grant_type=client_credentials&scope=%ff&token=%ff",
        b"grant_type=client_credentials&scope=nothing&token=",
        b"grant_type=password&username=a&password=b",
        b"grant_type[]=client_credentials&token[]={token}",
        b'{"grant_type": "client_credentials", "token": "{token}"}',
        b"x=" + b"a" * 70_000,
    ]
    for path, body in itertools.product(OAUTH, bad):
        yield Case("form", "POST", path, (PROOF, f"Content-Type: {FORM}"), body)
    for path, media in itertools.product(
        OAUTH,
        (
            JSON,
            "text/plain",
            "multipart/form-data; boundary=x",
            f"{FORM}; charset=utf-16",
            "",
            "\xff",
            "a" * 5000,
        ),
    ):
        body = f"{GRANT}&token={{token}}".encode()
        yield Case("media type", "POST", path, (PROOF, f"Content-Type: {media}"), body)


def bodies() -> Iterator[Case]:
    """The same over JSON."""
    bad = [
        b"null",
        b"[]",
        b"{",
        b"\x00",
        b"\xff\xfe{}",
        b'{"scopes": "sms\\u0000", "network": "\\u0000", "overlap": "\\u0000", "text": "\\u0000"}',
        b'{"scopes": ["\\ud800"], "network": "\\ud800", "overlap": "\\ud800", "text": "\\ud800"}',
        b'{"scopes": NaN, "network": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"scopes": ' + b"[" * 30_000,
        b"[" * 60_000,
        b'{"":' * 12_000,
        b'{"scopes": ' + b"9" * 30_000 + b"}",
        b'{"name": "' + b"a" * 70_000 + b'"}',
        b'{"scopes": {"sms": {}}, "network": [], "overlap": {}, "text": []}',
        b'{"__proto__": {}, "constructor": {}}',
        b'{"scopes": ["nothing"], "network": "0.0.0.0/0/0", "overlap": "for ever", "text": ""}',
    ]
    for path, body in itertools.product([*WRITTEN, ONE], bad):
        method = "PATCH" if path == ONE else "POST"
        yield Case("json", method, path, (GOOD, f"Content-Type: {JSON}"), body)
    for path, media in itertools.product(
        WRITTEN, (FORM, "text/plain", f"{JSON}; charset=utf-16", "\xff", "a" * 5000)
    ):
        yield Case(
            "media type",
            "POST",
            path,
            (GOOD, f"Content-Type: {media}"),
            b'{"scopes": "sms", "network": "::1"}',
        )


def paths() -> Iterator[Case]:
    odd = [
        "/applications/%00",
        "/applications/%ff%fe",
        "/applications/%F0%9F%94%91",
        "/applications/..%2f..%2fetc%2fpasswd",
        "/applications/" + "a" * 5000,
        "/applications/{id}%00",
        "/applications/{id}%0a",
        "/applications/{id}/",
        "/applications//{id}",
        "/applications/{id}/secret/",
        "/applications/{id}/unknown",
        "/account/%00",
        "/account/allowed-ips/1",
        "/messages",
        "/messages/%00",
        "/oauth",
        "/oauth/",
        "/oauth/%00",
        "/oauth/token/",
        "/.well-known/",
        "/.well-known/%00",
        "/openapi.json/",
    ]
    for path in odd:
        yield Case("path", "GET", path, (GOOD,))
        yield Case("path", "POST", path, (GOOD, f"Content-Type: {JSON}"), b"{}")


def queries() -> Iterator[Case]:
    bad = ["network=%00", "network=%ff", "network=a&network=b", "network[]=x", "network=" + "1" * 5000]
    bad += ["&".join(f"a{number}=1" for number in range(1200))]
    for path, query in itertools.product((f"{ONE}/allowed-ips", "/account/allowed-ips"), bad):
        yield Case("query", "DELETE", f"{path}?{query}", (GOOD,))
    for query in (
        "scope=%00",
        "scope=%ff",
        "scope=a&scope=b",
        "scope=sms%0a",
        "scope=\xff",
        "scope=nothing",
        "scope=SMS",
        "",
        "scope=",
        "scope=+",
        "scopes=groups",
        "Scope=groups",
        "scope[]=groups",
        "scope=groups,sms",
        "scope=groups&page=2",
    ):
        yield Case("query", "GET", f"/oauth/verify?{query}", (GOOD,))


def framing() -> Iterator[Case]:
    """What two servers in a row may read differently, and a Host that is not ours."""
    for path in (*OAUTH, "/applications"):
        proof = (PROOF, f"Content-Type: {FORM}") if path in OAUTH else (GOOD, f"Content-Type: {JSON}")
        body = f"{GRANT}&token={{token}}".encode() if path in OAUTH else b'{"scopes": "sms"}'
        yield Case("both lengths", "POST", path, (*proof, "Transfer-Encoding: chunked"), b"0\r\n\r\n", "5")
        yield Case("no length", "POST", path, (*proof, "Content-Length: x"), body, "x")
        yield Case("two lengths", "POST", path, (*proof, "Content-Length: 1"), body)
        yield Case("another host", "POST", path, (*proof, "Host: evil.example"), body)
        yield Case("no host", "POST", path, (*proof, "Host: "), body)
        yield Case("two hosts", "POST", path, (*proof, "Host: 127.0.0.1\r\nHost: evil.example"), body)
        yield Case("odd host", "POST", path, (*proof, "Host: 127.0.0.1/@evil"), body)
        yield Case("compressed", "POST", path, (*proof, "Content-Encoding: gzip"), b"\x1f\x8b\x08\x00" + body)
    yield Case("no path", "OPTIONS", "*", (GOOD,))
    yield Case("whole address", "GET", "http://evil.example/account", ())
    yield Case("many headers", "GET", "/account", tuple(f"X-{number}: 1" for number in range(90)))


KINDS = [methods, credentials, clients, forms, bodies, paths, queries, framing]


def test_there_are_cases() -> None:
    cases = [case for kind in KINDS for case in kind()]
    assert len(cases) > 400
    assert {case.path.partition("?")[0] for case in cases} >= set(EVERY)


@pytest.mark.parametrize(
    "path", ["/oauth/token", "/oauth/introspect", "/oauth/verify?scope=groups", *READ, *OPEN]
)
def test_the_credentials_are_good_where_nothing_is_wrong(path: str, demo: Demo) -> None:
    """Else the rest would be refused for another reason than its own."""
    if path in OAUTH:
        body = f"{GRANT}&token={{token}}".encode() if path == "/oauth/introspect" else GRANT.encode()
        case = Case("good", "POST", path, (PROOF, f"Content-Type: {FORM}"), body)
    else:
        case = Case("good", "GET", path, (GOOD,))
    assert demo.send(case).startswith(b"HTTP/1.1 20")


@pytest.mark.parametrize("kind", KINDS)
def test_no_5xx_and_no_wrong_yes(kind: Callable[[], Iterator[Case]], demo: Demo) -> None:
    wrong = [f"{case}: {found}" for case in kind() if (found := problem(demo.send(case), demo))]
    assert not wrong, "\n".join(wrong)


def problem(answer: bytes, demo: Demo) -> str:
    """What is wrong with an answer; an empty one is a server that has hung up."""
    if not answer:
        return ""
    if not re.match(rb"HTTP/1.1 4\d\d ", answer):
        return repr(answer[:500])
    leaks = [name for name in ("secret", "token", "key") if demo.fills[name].encode() in answer]
    return f"leaks {leaks}" if leaks else ""
