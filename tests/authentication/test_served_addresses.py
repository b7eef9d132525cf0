"""Allowed IPs on the served product: two workers, IPv4 and IPv6, peers that are proxies and peers that are not.

Each request is a connection of its own, so that now one worker answers and now the other; what has to hold at
once is asked often enough to meet both.
"""

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest

from tests.servers import ROOT, Served

pytestmark = pytest.mark.served

OFTEN = 8
PROXY, FAR_PROXY = "127.0.0.9", "127.0.0.10"
# Of each answer; the rest must not tell one refusal from another.
CHANGING = ("date", "x-request-id", "x-response-time", "x-rate-limit-remaining", "x-rate-limit-reset")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def what(self) -> tuple[int, dict[str, str], bytes]:
        """All of it that may be the same in two answers."""
        return (
            self.status,
            {key: value for key, value in self.headers.items() if key not in CHANGING},
            self.body,
        )

    @property
    def error(self) -> object:
        said = json.loads(self.body)["error"]
        return said["type"] if isinstance(said, dict) else said


class Operator:
    """A process of its own, not the server's, that changes lists."""

    SCRIPT = """
import json, sys
from applications.models import Account, AllowedIP, Application
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.rules.networks import NetworkText
account, application = Account.objects.get(), Application.objects.get()
for asked in map(json.loads, sys.stdin):
    lines = [Line(NetworkText(network)) for network in asked["networks"]]
    whose = None if asked["account"] else application
    listed = AllowedIP.objects.filter(account=account, application=whose)
    old = list(listed.values_list("network", flat=True))
    change_allowed_ips(account=account, application=whose, add=lines, remove=old, actor=OPERATOR)
    print("done", flush=True)
"""

    def __init__(self, served: Served) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", self.SCRIPT],
            cwd=ROOT,
            env=served.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def set_list(self, *networks: str, account: bool = False) -> None:
        """Replace the list of the account or of the application; returns when that is committed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"networks": networks, "account": account}), file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "done\n"

    def stop(self) -> None:
        self.process.communicate()


@dataclass(frozen=True)
class Program:
    """A client program, on a server that listens on IPv4 and IPv6, and who changes the lists it is held against."""

    served: Served
    operator: Operator
    application_id: str
    secret: str

    def ask(self, peer: str, *lines: str, secret: str = "") -> Answer:
        """POST /oauth/token from `peer`, with more header lines."""
        pair = base64.b64encode(f"{self.application_id}:{secret or self.secret}".encode()).decode()
        form = "Content-Type: application/x-www-form-urlencoded"
        head = (form, f"Authorization: Basic {pair}", *lines)
        return send(self.served, peer, "POST /oauth/token", *head, body="grant_type=client_credentials")

    def token(self, peer: str) -> str:
        answer = self.ask(peer)
        assert answer.status == 200, answer
        return str(json.loads(answer.body)["access_token"])

    def use(self, peer: str, token: str, *lines: str) -> Answer:
        """GET /account from `peer` with a bearer token."""
        return send(self.served, peer, "GET /account", f"Authorization: Bearer {token}", *lines)

    def statuses(self, peer: str, token: str) -> set[tuple[int, int]]:
        """How asking for a token and using one are answered, by every worker."""
        return {(self.ask(peer).status, self.use(peer, token).status) for _time in range(OFTEN)}

    def set_list(self, *networks: str, account: bool = False) -> None:
        """Replace the list of the application, or of the account."""
        self.operator.set_list(*networks, account=account)


def send(served: Served, peer: str, what: str, *lines: str, body: str = "") -> Answer:
    """Send one request from the address `peer` of this machine and return the answer."""
    port = urlsplit(served.url).port
    head = [
        f"{what} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(body)}",
        *lines,
    ]
    target = "::1" if ":" in peer else "127.0.0.1"
    with socket.create_connection((target, port), timeout=20, source_address=(peer, 0)) as connection:
        connection.sendall("\r\n".join([*head, "", body]).encode("latin-1"))
        return read(connection.makefile("rb").read())


def read(raw: bytes) -> Answer:
    head, _blank, body = raw.partition(b"\r\n\r\n")
    first, *fields = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _colon, value in (field.partition(":") for field in fields)
    }
    return Answer(int(first.split()[1]), headers, body)


@pytest.fixture(scope="module")
def served_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Two workers on "::", so that a peer of IPv4 arrives mapped into IPv6; two addresses are trusted proxies."""
    proxies = f"{PROXY}, {FAR_PROXY}"
    served = Served(tmp_path_factory.mktemp("dual"), host="::", TRUSTED_PROXIES=proxies, RATE_LIMIT="0")
    try:
        served.manage("create_account", "Demo", "--owner", "owner@demo.example")
        scopes = ["--scopes", "account sms"]
        made = json.loads(served.manage("create_application", "--account", "Demo", *scopes, "--json"))
        operator = Operator(served)
        yield Program(served, operator, made["application_id"], made["application_secret"])
        operator.stop()
    finally:
        served.stop()


@pytest.fixture
def program(served_program: Program) -> Program:
    """The program of this module, with both lists empty."""
    served_program.set_list(account=True)
    served_program.set_list()
    return served_program


# --- Lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("account", [True, False], ids=["account", "application"])
def test_a_change_holds_at_the_next_request_in_every_process(program: Program, account: bool) -> None:
    token = program.token("127.0.0.1")
    for peer in ("127.0.0.1", "127.0.0.2", "::1"):
        assert program.statuses(peer, token) == {(200, 200)}
    for listed, allowed in [
        (["127.0.0.2"], {"127.0.0.2"}),
        (["127.0.0.0/31", "::1", "192.0.2.0/24"], {"127.0.0.1", "::1"}),
        (["0.0.0.0/0"], {"127.0.0.1", "127.0.0.2"}),
        ([], {"127.0.0.1", "127.0.0.2", "::1"}),
    ]:
        program.set_list(*listed, account=account)
        answers = {peer: program.statuses(peer, token) for peer in ("127.0.0.1", "127.0.0.2", "::1")}
        expected = {peer: {(200, 200) if peer in allowed else (401, 403)} for peer in answers}
        assert answers == expected, listed


@pytest.mark.parametrize("account", [True, False], ids=["account", "application"])
def test_forty_changes_in_a_row_each_hold_at_the_next_request(program: Program, account: bool) -> None:
    token = program.token("127.0.0.2")
    for turn in range(40):
        allowed, other = ("127.0.0.2", "::1") if turn % 2 else ("::1", "127.0.0.2")
        program.set_list(allowed, account=account)
        assert program.use(other, token).status == 403
        assert program.ask(other).status == 401
        assert program.ask(allowed).status == 200
        assert program.use(allowed, token).status == 200


def test_an_address_must_be_on_both_lists(program: Program) -> None:
    token = program.token("127.0.0.1")
    program.set_list("127.0.0.2", "127.0.0.3", account=True)
    program.set_list("127.0.0.3", "127.0.0.4")
    answers = {peer: program.statuses(peer, token) for peer in ("127.0.0.2", "127.0.0.3", "127.0.0.4")}
    assert answers == {
        "127.0.0.2": {(401, 403)},
        "127.0.0.3": {(200, 200)},
        "127.0.0.4": {(401, 403)},
    }


def test_from_outside_a_right_secret_is_answered_like_a_wrong_one(program: Program) -> None:
    wrong = program.ask("127.0.0.2", secret="0" * 40)
    unknown = replace(program, application_id="0" * 40).ask("127.0.0.2")
    program.set_list("127.0.0.2")
    outside = program.ask("127.0.0.3")
    assert (outside.status, outside.error) == (401, "invalid_client")
    assert outside.what == wrong.what == unknown.what
    assert "www-authenticate" in outside.headers


def test_from_outside_a_token_is_refused_as_access_denied(program: Program) -> None:
    token = program.token("127.0.0.2")
    program.set_list("127.0.0.2")
    answer = program.use("127.0.0.3", token)
    assert (answer.status, answer.error) == (403, "access_denied")
    assert program.use("127.0.0.2", token).status == 200


def test_api_keys_are_held_against_the_accounts_list(program: Program) -> None:
    key = json.loads(program.served.manage("create_api_key", "--account", "Demo", "--json"))["api_key"]

    def statuses(peer: str) -> set[int]:
        return {
            send(program.served, peer, "GET /account", f"X-API-KEY: {key}").status for _time in range(OFTEN)
        }

    program.set_list("127.0.0.3")
    assert statuses("127.0.0.2") == {200}, "the list of an application is not a key's"
    program.set_list("127.0.0.3", account=True)
    assert (statuses("127.0.0.2"), statuses("127.0.0.3"), statuses("::1")) == ({403}, {200}, {403})
    program.set_list("::1", account=True)
    assert (statuses("127.0.0.3"), statuses("::1")) == ({403}, {200})


# --- Peers and proxies ---------------------------------------------------------------------------


def test_a_header_of_an_untrusted_peer_is_not_read(program: Program) -> None:
    program.set_list("127.0.0.2")
    assert program.ask("127.0.0.3", "X-Forwarded-For: 127.0.0.2").status == 401
    assert program.ask("::1", "X-Forwarded-For: 127.0.0.2").status == 401
    assert program.ask("127.0.0.2", "X-Forwarded-For: 192.0.2.1").status == 200
    assert program.ask("127.0.0.2", "X-Forwarded-For: nonsense").status == 200


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["X-Forwarded-For: 203.0.113.5"], 200),
        (["X-Forwarded-For: 203.0.113.6"], 401),
        (["X-Forwarded-For: 203.0.113.6, 203.0.113.5"], 200),
        (["X-Forwarded-For: 203.0.113.5, 203.0.113.6"], 401),
        (["X-Forwarded-For: 203.0.113.5, 127.0.0.10"], 200),
        (["X-Forwarded-For: ::ffff:203.0.113.5"], 200),
        # Several headers: the last is the nearest proxy's
        (["X-Forwarded-For: 203.0.113.6", "X-Forwarded-For: 203.0.113.5"], 200),
        (["X-Forwarded-For: 203.0.113.5", "X-Forwarded-For: 203.0.113.6"], 401),
        (["x-forwarded-for: 203.0.113.5", "Accept: */*", "X-FORWARDED-FOR: 127.0.0.10"], 200),
        # Not an address where one counts: no answer rather than one for the wrong place
        (["X-Forwarded-For: 203.0.113.5, unknown"], 400),
        (["X-Forwarded-For: 203.0.113.5, fe80::1%lo"], 400),
        (["X-Forwarded-For: "], 400),
        (["X-Forwarded-For: 203.0.113.5, \xff"], 400),
        # What stands left of the entry that counts changes nothing, whatever its bytes
        (["X-Forwarded-For: \xff, 203.0.113.6"], 401),
        (["X-Forwarded-For: 203.0.113.5", "X-Forwarded-For: \xff, 203.0.113.6"], 401),
        (["X-Forwarded-For: 203.0.113.6", "X-Forwarded-For: \xff, 203.0.113.5"], 200),
        # With a port
        (["X-Forwarded-For: 203.0.113.5:51234"], 200),
        (["X-Forwarded-For: 203.0.113.6:51234"], 401),
        (["X-Forwarded-For: [2001:db8::1]:443, [::ffff:203.0.113.5]:80"], 200),
        # A name with an underscore is another header (HAProxy adds its own and passes this one on)
        (["X-Forwarded-For: 203.0.113.6", "X_Forwarded_For: 203.0.113.5"], 401),
        (["X_Forwarded_For: 203.0.113.6", "X-Forwarded-For: 203.0.113.5"], 200),
        (["X-Forwarded_For: 203.0.113.5"], 401),
        # Other headers never
        (["X-Forwarded-For: 203.0.113.6", "X-Real-IP: 203.0.113.5", "Forwarded: for=203.0.113.5"], 401),
        (["X-Real-IP: 203.0.113.5", "Forwarded: for=203.0.113.5", "CF-Connecting-IP: 203.0.113.5"], 401),
    ],
)
def test_behind_a_trusted_proxy_the_right_most_untrusted_hop_counts(
    program: Program, lines: list[str], status: int
) -> None:
    program.set_list("203.0.113.5")
    assert program.ask(PROXY, *lines).status == status


def test_an_ipv4_client_may_be_listed_whatever_the_socket_calls_it(program: Program) -> None:
    program.set_list("127.0.0.2")  # the socket of "::" calls it ::ffff:127.0.0.2
    assert program.ask("127.0.0.2").status == 200
