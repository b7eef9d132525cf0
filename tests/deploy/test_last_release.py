"""While a new version is put in, two serve one database: the last release answers on this one's tables, and each
holds to what the other did."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.deploy.last_release import LastRelease, last_release
from tests.servers import OWNER_PASSWORD, Served

pytestmark = [pytest.mark.postgres, pytest.mark.served]

ACCOUNT, OWNER = "Handover", "owner@handover.example"
SECRET = re.compile(r'id="application-secret">(\w{20})<wbr>(\w{20})<')
Credentials = tuple[str, str]


@dataclass(frozen=True)
class Node:
    """A server, and what its clients ask it."""

    url: str

    def token(self, client: Credentials) -> str:
        form = {"grant_type": "client_credentials"}
        answer = requests.post(f"{self.url}/oauth/token", form, auth=client, timeout=20)
        return str(answer.json()["access_token"]) if answer.status_code == 200 else ""

    def admits(self, token: str) -> bool:
        """Whether it lets a token in, and says the same of it to a gateway and to its client."""
        headers = {"Authorization": f"Bearer {token}"}
        verified = requests.get(f"{self.url}/oauth/verify?scope=account", headers=headers, timeout=20)
        used = requests.get(f"{self.url}/account", headers=headers, timeout=20)
        assert verified.status_code == used.status_code
        return used.status_code == 200

    def introspect(self, token: str, server: Credentials) -> bool:
        answer = requests.post(f"{self.url}/oauth/introspect", {"token": token}, auth=server, timeout=20)
        return bool(answer.json()["active"])

    def revoke(self, token: str, client: Credentials) -> None:
        answer = requests.post(f"{self.url}/oauth/revoke", {"token": token}, auth=client, timeout=20)
        assert answer.status_code == 200

    def api(self, method: str, path: str, key: str, body: Any = None) -> Any:
        answer = requests.request(method, self.url + path, headers={"X-API-KEY": key}, json=body, timeout=20)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@dataclass(frozen=True)
class Both:
    """The two that serve, and what the older one made for the walk."""

    old: Node
    new: Node
    last: LastRelease
    client: Credentials
    key: str


@pytest.fixture(scope="session")
def both(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with last_release(served, tmp_path_factory.mktemp("last")) as last:
        last.manage("create_account", ACCOUNT, "--owner", OWNER)
        made = last.manage("create_application", "--account", ACCOUNT, "--scopes", "account sms")
        key = last.manage("create_api_key", "--account", ACCOUNT)["api_key"]
        client = made["application_id"], made["application_secret"]
        yield Both(Node(last.url), Node(served.url), last, client, key)


def test_tokens_of_either_are_good_at_the_other_until_either_ends_them(both: Both) -> None:
    platform = both.last.manage("create_resource_server", "Handover")
    server = platform["resource_server_id"], platform["resource_server_secret"]
    for one, other in ((both.old, both.new), (both.new, both.old)):
        token, kept = one.token(both.client), one.token(both.client)
        assert one.admits(token)
        assert other.admits(token)
        assert other.introspect(token, server)
        other.revoke(token, both.client)
        assert not one.admits(token)
        assert not one.introspect(token, server)
        assert one.admits(kept)
    assert both.last.manage("revoke_tokens", both.client[0])
    assert not both.new.admits(kept)


def test_settings_of_either_are_read_by_the_other(both: Both) -> None:
    path = f"/applications/{both.client[0]}"
    for name, one, other in (("By the old", both.old, both.new), ("By the new", both.new, both.old)):
        one.api("PATCH", path, both.key, {"name": name, "settings": {"otp": {"pinLength": 6}}})
        assert other.api("GET", path, both.key)["name"] == name
        assert name in listed(other, both.key)


def test_the_panel_of_the_last_release_goes_on(both: Both) -> None:
    panel = Panel(both.old.url)
    made = panel.post("applications/new/", name="By hand", lifetime="1 week", scopes=["account", "sms"])
    client = listed(both.new, both.key)["By hand"], shown(made)
    token = both.new.token(client)
    assert both.old.admits(token)
    both.new.api("POST", f"/applications/{client[0]}/webhooks/secret", both.key)
    page = f"applications/{client[0]}/danger/"
    current = re.search(r'name="current" value="(\d+)"', panel.get(page))
    assert current is not None
    reset = panel.post(f"{page}reset/", overlap="now", current=current[1])
    assert both.new.token(client) == "", "the old secret has stopped at both"
    assert both.new.token((client[0], shown(reset)))
    panel.post(f"{page}delete/", typed="By hand")
    assert not both.new.admits(token)


class Panel:
    """The owner's browser, signed in at one of the two; a session is good at both."""

    def __init__(self, url: str) -> None:
        self.browser, self.url = requests.Session(), url
        self.send("/panel/sign-in/", login=OWNER, password=OWNER_PASSWORD)
        home = self.browser.get(f"{url}/panel/", timeout=20)
        assert home.status_code == 200, home.text
        self.account = home.url.removesuffix("applications/")

    def get(self, page: str) -> str:
        answer = self.browser.get(self.account + page, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, page: str, **form: Any) -> str:
        return self.send(self.account.removeprefix(self.url) + page, **form)

    def send(self, path: str, **form: Any) -> str:
        """Send a form with the mark against forgery of the page that asks it."""
        token = self.browser.cookies.get("csrftoken") or self._mark(path)
        sent = {"csrfmiddlewaretoken": token, **form}
        answer = self.browser.post(self.url + path, sent, headers={"Referer": self.url + path}, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def _mark(self, path: str) -> str:
        self.browser.get(self.url + path, timeout=20)
        return str(self.browser.cookies["csrftoken"])


def listed(node: Node, key: str) -> dict[str, str]:
    """The account's applications: ID by name."""
    found = node.api("GET", "/applications", key)["data"]
    return {each["applicationName"]: each["applicationId"] for each in found}


def shown(page: str) -> str:
    """The secret that a page shows, this once."""
    found = SECRET.search(page)
    assert found is not None, page
    return "".join(found.groups())
