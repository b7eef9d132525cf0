"""What was answered before a request came holds for it, in each worker, while others are being answered together.

The event loops ask PostgreSQL for many requests at once, with connections of their own: a revocation, a reset, a closed
application or list must not be missed by a statement that was on its way.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
import requests

from tests.front.conftest import FORM, GRANT, Front

pytestmark = pytest.mark.postgres
OTHERS = 6  # clients that ask without a pause
ROUNDS = 4
CONNECTIONS = 6  # so that each worker is asked


@dataclass
class Client:
    """An application of the served product, and how it asks."""

    front: Front
    application_id: str
    secret: str

    def post(self, path: str, body: str) -> requests.Response:
        pair = base64.b64encode(f"{self.application_id}:{self.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": FORM}
        return requests.post(self.front.served.url + path, body, headers=headers, timeout=20)

    def token(self) -> str:
        answer = self.post("/oauth/token", GRANT.decode())
        assert answer.status_code == 200, answer.text
        value: str = answer.json()["access_token"]
        return value

    def asked(self) -> int:
        """Ask for a token and return the status of the answer."""
        return self.post("/oauth/token", GRANT.decode()).status_code

    def verify(self, token: str) -> int:
        url = f"{self.front.served.url}/oauth/verify?scope=account"
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code

    def is_active(self, token: str) -> bool:
        return bool(self.post("/oauth/introspect", f"token={token}").json().get("active"))


def made(front: Front) -> Client:
    printed = json.loads(
        front.served.manage("create_application", "--account", "Front", "--scopes", "account", "--json")
    )
    return Client(front, printed["application_id"], printed["application_secret"])


@pytest.fixture
def client(front: Front) -> Iterator[Client]:
    """A client, beside others that keep the statements of all workers full."""
    other, end, wrong = made(front), threading.Event(), list[int]()

    def ask() -> None:
        while not end.is_set():
            if (status := other.verify(other.token())) != 200:
                wrong.append(status)

    with ThreadPoolExecutor(OTHERS) as pool:
        asking = [pool.submit(ask) for _number in range(OTHERS)]
        try:
            yield made(front)
        finally:
            end.set()
        for one in asking:
            one.result()
    assert wrong == []


def at_once(call: Callable[[], object]) -> set[object]:
    """Call over several connections at the same time, and return the different results."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return {future.result() for future in [pool.submit(call) for _number in range(CONNECTIONS)]}


def test_a_revoked_token_is_dead_at_once(client: Client) -> None:
    for _round in range(ROUNDS):
        token = client.token()
        assert at_once(partial(client.verify, token)) == {200}
        assert client.post("/oauth/revoke", f"token={token}").status_code == 200
        assert at_once(partial(client.verify, token)) == {401}
        assert client.is_active(token) is False


def test_all_tokens_are_dead_once_that_is_answered_and_new_ones_live(client: Client, front: Front) -> None:
    for _round in range(ROUNDS):
        tokens = [client.token() for _number in range(3)]
        front.served.manage("revoke_tokens", client.application_id)
        assert {client.verify(token) for token in tokens} == {401}
        assert at_once(lambda: client.verify(client.token())) == {200}


def test_an_old_secret_gets_no_token_after_a_reset(client: Client, front: Front) -> None:
    for _round in range(ROUNDS):
        assert at_once(client.asked) == {200}
        printed = front.served.manage("reset_secret", client.application_id, "--revoke-tokens", "--json")
        assert at_once(client.asked) == {401}
        client.secret = json.loads(printed)["application_secret"]
    assert at_once(client.asked) == {200}


def test_a_disabled_application_gets_nothing_and_has_nothing(client: Client, front: Front) -> None:
    url = f"{front.served.url}/applications/{client.application_id}"
    headers = {"Authorization": front.bearer.partition(": ")[2]}
    token = client.token()
    for enabled, status in [(False, 401), (True, 200)] * (ROUNDS // 2):
        changed = requests.patch(url, json={"enabled": enabled}, headers=headers, timeout=20)
        assert changed.status_code == 200, changed.text
        assert at_once(partial(client.verify, token)) == {status}
        assert at_once(client.asked) == {status}


def test_a_closed_list_holds_at_once(client: Client, front: Front) -> None:
    for _round in range(2):
        fenced = made(front)
        token = fenced.token()
        assert at_once(partial(fenced.verify, token)) == {200}
        front.served.manage("allow_ip", "198.51.100.0/24", "--application", fenced.application_id)
        assert at_once(partial(fenced.verify, token)) == {403}
        assert at_once(fenced.asked) == {401}
        front.served.manage("allow_ip", "127.0.0.1", "--application", fenced.application_id)
        assert at_once(partial(fenced.verify, token)) == {200}
        assert at_once(fenced.asked) == {200}
