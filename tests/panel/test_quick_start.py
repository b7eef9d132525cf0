"""The quick start is right: each program is run as a member copies it from the page, against the served product.

A program whose language is not installed here is only read, and the reason of the skipped test says so.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests
from django.utils.html import strip_tags

from applications.panel.quick_start import LANGUAGES, Snippet, call_url
from tests.servers import OWNER_PASSWORD, ROOT, Listener, Served

OWNER = "quick@start.example"
TOKEN = re.compile(r"[0-9a-f]{40}")
# Of each language: the file that the program is saved as, and the command that runs such a file.
PROGRAMS = {
    "curl": ("token.sh", ["sh"]),
    "python": ("token_example.py", [sys.executable]),
    "node": ("token.mjs", ["node"]),
    "php": ("token.php", ["php"]),
    "go": ("main.go", ["go", "run"]),
    "csharp": ("Program.cs", ["dotnet", "run"]),  # of .NET 10 and newer; before, a file needs a project
}
NEEDED = {"curl", "python", "node"}  # CI has them, so there they must run


@dataclass(frozen=True)
class Done:
    """What came of a program."""

    code: int
    printed: str
    complained: str


@dataclass
class Relay:
    """Something between a program and the product, which counts the requests for a token."""

    url: str
    asked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Created:
    """The page that followed New application, and what it shows."""

    page: str
    url: str

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

    def program(self, language: str) -> str:
        return self.shown(f"quick-start-{language}")


def run(folder: Path, language: str, program: str, secret: str) -> Done:
    """Save a program under its name and run it, with the secret in its environment."""
    name, command = PROGRAMS[language]
    if not shutil.which(command[0]):
        assert language not in NEEDED or os.environ.get("CI") != "true", f"CI needs {command[0]}"
        pytest.skip(f"{command[0]} is not installed here: the program is only read")
    (folder / name).write_text(program)
    done = subprocess.run(
        [*command, name],
        cwd=folder,
        env={**os.environ, "LATCHKEY_SECRET": secret, "NO_PROXY": "127.0.0.1", "GOFLAGS": "-mod=mod"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def owner(served: Served) -> tuple[requests.Session, str]:
    """The owner of an account, signed in, and the address of its applications."""
    served.manage("create_account", "Quick start", "--owner", OWNER)
    session = requests.Session()
    session.trust_env = False  # a proxy has no business between here and 127.0.0.1
    home = _post(session, f"{served.url}/panel/sign-in/", login=OWNER, password=OWNER_PASSWORD)
    return session, home.url


def make(served: Served, owner: tuple[requests.Session, str], *scopes: str) -> Created:
    """An application, created in the panel as its owner creates it."""
    session, applications = owner
    page = _post(session, f"{applications}new/", lifetime="1 day", scopes=list(scopes))
    return Created(page.text, served.url)


@pytest.fixture(scope="session")
def created(served: Served, owner: tuple[requests.Session, str]) -> Created:
    return make(served, owner, "sms", "account")


def _post(session: requests.Session, url: str, **fields: str | list[str]) -> requests.Response:
    session.get(url, timeout=10).raise_for_status()
    token = session.cookies.get_dict()["csrftoken"]
    response = session.post(url, data={**fields, "csrfmiddlewaretoken": token}, timeout=10)
    response.raise_for_status()
    return response


@contextmanager
def relay(target: str, *, expires_in: int) -> Iterator[Relay]:
    """Pass requests on to `target`, and say of each token that it expires in so many seconds."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass(None)

        def do_POST(self) -> None:
            relayed.asked.append(self.path)
            self._pass(self.rfile.read(int(self.headers["Content-Length"])))

        def _pass(self, body: bytes | None) -> None:
            headers = {
                name: self.headers[name] for name in ("Authorization", "Content-Type") if self.headers[name]
            }
            asked = urllib.request.Request(f"{target}{self.path}", body, headers)
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked) as answer:
                text = answer.read().replace(b'"expires_in": 86400', b'"expires_in": %d' % expires_in)
                self.send_response(answer.status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = Listener(("127.0.0.1", 0), Handler)
    relayed = Relay(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield relayed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("language", PROGRAMS)
def test_it_uses_the_token(created: Created, language: str, tmp_path: Path) -> None:
    done = run(tmp_path, language, created.program(language), created.secret)
    assert done.code == 0, done.complained
    assert re.search(rf'"applicationId": ?"{created.application_id}"', done.printed)


@pytest.mark.parametrize("language", PROGRAMS)
def test_refused_it_stops_and_says_why(created: Created, language: str, tmp_path: Path) -> None:
    done = run(tmp_path, language, created.program(language), "0" * 40)
    assert done.code != 0
    assert "invalid_client" in done.printed + done.complained
    assert "expiresAt" not in done.printed


@pytest.mark.parametrize("language", PROGRAMS)
@pytest.mark.parametrize(("expires_in", "tokens"), [(86400, 1), (30, 2)])
def test_it_asks_again_once_its_token_has_expired(
    created: Created, language: str, expires_in: int, tokens: int, tmp_path: Path
) -> None:
    with relay(created.url, expires_in=expires_in) as relayed:
        program = created.program(language).replace(created.url, relayed.url)
        calls_twice = re.sub(r"^(.*/account.*)$", r"\1\n\1", program, flags=re.MULTILINE)
        done = run(tmp_path, language, calls_twice, created.secret)
    assert done.code == 0, done.complained
    assert done.printed.count(created.application_id) == 2
    assert relayed.asked == ["/oauth/token"] * tokens


@pytest.mark.parametrize("scopes", [["applications"], ["groups", "sms"]], ids=" ".join)
def test_it_works_whatever_the_scopes(
    served: Served, owner: tuple[requests.Session, str], scopes: list[str], tmp_path: Path
) -> None:
    other = make(served, owner, *scopes)
    done = run(tmp_path, "curl", other.program("curl"), other.secret)
    assert done.code == 0, done.complained
    assert re.search(r"\b20[04]$", done.printed.strip())


@pytest.mark.parametrize("scopes", [["account"], ["groups"]], ids=" ".join)
def test_the_lines_of_the_readme_work_for_any_application(
    served: Served, owner: tuple[requests.Session, str], scopes: list[str]
) -> None:
    other = make(served, owner, *scopes)
    found = re.search(r"```sh\nID=… SECRET=…\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found
    lines = re.sub(r"http://(127\.0\.0\.1|localhost):8000", served.url, found[1])
    for secret, code, words in ((other.secret, 0, '"active": true'), ("0" * 40, 1, "invalid_client")):
        script = f"set -eu; ID={other.application_id} SECRET={secret}\n{lines}"
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == code
        assert words in done.stdout + done.stderr


@pytest.mark.parametrize("language", [value for value, _name in LANGUAGES])
def test_each_asks_at_the_right_place_in_the_right_name(created: Created, language: str) -> None:
    code = created.program(language)
    addresses = [f"{created.url}/account", f"{created.url}/oauth/token"]
    assert sorted(re.findall(r"https?://[^\s\"']+", code)) == addresses
    assert re.findall(r"[0-9a-f]{40}", code) == [created.application_id]
    assert "client_credentials" in code
    assert "LATCHKEY_SECRET" in code
    assert "expires_in" in code
    assert "Refused: " in code


def test_none_holds_the_secret(created: Created) -> None:
    assert created.secret not in "".join(created.program(value) for value, _name in LANGUAGES)


@pytest.mark.parametrize(
    ("scopes", "address"),
    [
        (["sms", "account", "applications"], "/account"),
        (["sms", "applications"], "/applications/scopes"),
        (["sms", "groups"], "/oauth/verify?scope=sms"),
    ],
)
def test_the_call_is_one_that_the_scopes_allow(scopes: list[str], address: str) -> None:
    assert call_url(scopes).endswith(f"8000{address}")


def test_strings_and_comments_are_marked_and_everything_is_escaped() -> None:
    marked = Snippet("python", "Python", "# a \"b\"\n  # c\nprint('<c>', d < 1)  # no").marked
    assert marked == (
        '<span class="c"># a &quot;b&quot;</span>\n'
        '<span class="c">  # c</span>\n'
        'print(<span class="s">&#x27;&lt;c&gt;&#x27;</span>, d &lt; 1)  # no'
    )
