"""The quick start is right: what can be run here is run against the served product, the rest is read.

The code is taken from the page as a member sees it, since that is what gets copied.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import unescape

import pytest
import requests
from django.utils.html import strip_tags

from applications.panel.quick_start import LANGUAGES, Snippet
from tests.servers import OWNER_PASSWORD, Served

OWNER = "quick@start.example"
TOKEN = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Created:
    """The page that followed New application, and what it shows."""

    page: str
    token_url: str

    @property
    def application_id(self) -> str:
        return self.shown("application-id")

    @property
    def secret(self) -> str:
        return self.shown("application-secret")

    def shown(self, element: str) -> str:
        """The text of a <code> of the page, as a browser copies it."""
        found = re.search(rf'<code id="{element}">(.*?)</code>', self.page, re.DOTALL)
        assert found, element
        return unescape(strip_tags(found[1]))

    def run(self, *command: str) -> str:
        """What a command prints when the secret is in its environment."""
        environment = {**os.environ, "LATCHKEY_SECRET": self.secret, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def created(served: Served) -> Created:
    """An application, created in the panel as its owner creates it."""
    served.manage("create_account", "Quick start", "--owner", OWNER)
    session = requests.Session()
    session.trust_env = False  # a proxy has no business between here and 127.0.0.1
    home = _post(session, f"{served.url}/panel/sign-in/", login=OWNER, password=OWNER_PASSWORD)
    page = _post(session, f"{home.url}new/", lifetime="1 day", scopes=["groups", "sms"])
    return Created(page.text, f"{served.url}/oauth/token")


def _post(session: requests.Session, url: str, **fields: str | list[str]) -> requests.Response:
    session.get(url, timeout=10).raise_for_status()
    token = session.cookies.get_dict()["csrftoken"]
    response = session.post(url, data={**fields, "csrfmiddlewaretoken": token}, timeout=10)
    response.raise_for_status()
    return response


def test_curl(created: Created) -> None:
    answer = created.run("bash", "-euc", created.shown("quick-start-curl"))
    assert re.search(r'"access_token": ?"[0-9a-f]{40}"', answer)
    assert re.search(r'"scope": ?"sms groups"', answer)  # in catalogue order, whatever the order of the boxes


def test_python(created: Created) -> None:
    code = created.shown("quick-start-python") + "\nprint(token)"
    assert TOKEN.fullmatch(created.run(sys.executable, "-c", code))


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js here: its snippet is only read")
def test_node(created: Created) -> None:
    code = created.shown("quick-start-node") + "\nconsole.log(token);"
    assert TOKEN.fullmatch(created.run("node", "--input-type=module", "--eval", code))


@pytest.mark.skipif(not shutil.which("php"), reason="no PHP here: its snippet is only read")
def test_php(created: Created) -> None:
    assert TOKEN.fullmatch(created.run("php", "-r", created.shown("quick-start-php") + "\necho $token;"))


@pytest.mark.parametrize("language", [value for value, _name in LANGUAGES])
def test_each_asks_at_the_right_place_in_the_right_name(created: Created, language: str) -> None:
    code = created.shown(f"quick-start-{language}")
    assert re.findall(r"https?://[^\s\"']+", code) == [created.token_url]
    assert re.findall(r"[0-9a-f]{40}", code) == [created.application_id]
    assert "client_credentials" in code
    assert "LATCHKEY_SECRET" in code


def test_none_holds_the_secret(created: Created) -> None:
    assert created.secret not in "".join(created.shown(f"quick-start-{value}") for value, _name in LANGUAGES)


def test_strings_and_comments_are_marked_and_everything_is_escaped() -> None:
    marked = Snippet("python", "Python", "# a \"b\"\nprint('<c>', d < 1)  # no").marked
    assert marked == (
        '<span class="c"># a &quot;b&quot;</span>\n'
        'print(<span class="s">&#x27;&lt;c&gt;&#x27;</span>, d &lt; 1)  # no'
    )
