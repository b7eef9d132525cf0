"""What the event loop answers is what the view answers; what is not well it leaves to a thread, and records nothing."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from uuid import UUID
from wsgiref.types import WSGIEnvironment

import pytest
from django.db import connections
from django.test import Client

from applications.models import AccessToken, Application, ApplicationSecret
from applications.models.applications import Lifetime
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.resource_servers import create_resource_server
from applications.operations.usage import recorder
from applications.rules import previews
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from config import frequent, grouping
from config.exchanges import Answer
from tests.factories import make_account, make_application, make_token

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"
VOLATILE = {"X-Request-Id", "X-Response-Time"}


class Asking:
    """An application with a token, a resource server, an API key, and requests on an event loop of their own."""

    def __init__(self) -> None:
        account = make_account()
        self.application, self.secret = make_application(account, scopes="sms groups account")
        self.token = new_credential()
        make_token(self.application, self.token)
        self.server, self.server_secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
        self.key = create_api_key(account=account, name=Name("Cron"), scopes=None, actor=OPERATOR)[1]

    @property
    def basic(self) -> str:
        return basic(self.application.application_id, self.secret)

    @property
    def bearer(self) -> str:
        return f"Bearer {self.token}"

    def environ(self, what: str, authorization: str = "", body: str = "", **more: str) -> WSGIEnvironment:
        method, _space, address = what.partition(" ")
        path, _mark, query = address.partition("?")
        return {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body.encode()),
            "CONTENT_LENGTH": str(len(body.encode())),
            **({"CONTENT_TYPE": FORM} if body else {}),
            **({"HTTP_AUTHORIZATION": authorization} if authorization else {}),
            **more,
        }

    def on_the_loop(self, *environs: WSGIEnvironment) -> list[Answer | None]:
        """Return what the event loop answers to requests that come at once; None where it leaves it to a thread."""

        async def main() -> list[Answer | None]:
            for connection in (frequent.storing, frequent.looking):
                while connection.connection is None:
                    connection._connect(asyncio.get_running_loop())
                    await asyncio.sleep(0.01)
            found = [(environ, frequent.frequent(environ)) for environ in environs]
            waiting = [answered(endpoint, environ) for environ, endpoint in found if endpoint is not None]
            assert len(waiting) == len(environs)
            try:
                return [await one for one in waiting]
            finally:
                for connection in (frequent.storing, frequent.looking):
                    connection._lose("the test is over")

        return asyncio.run(asyncio.wait_for(main(), 20))


def answered(endpoint: frequent.Frequent[Any, Any], environ: WSGIEnvironment) -> asyncio.Future[Any]:
    """Ask, and return what will have the answer."""
    waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    frequent.answer(endpoint, environ, waiting.set_result)
    return waiting


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    monkeypatch.setattr(grouping, "SECONDS_BETWEEN_TRIES", 0)
    yield Asking()
    frequent.beside.submit(connections.close_all).result(10)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def written_beside() -> None:
    """Return when what was handed over so far has been written."""
    frequent.beside.submit(int).result(10)


def by_the_view(environ: WSGIEnvironment) -> Answer:
    """Return what Django's test client gets, through the view."""
    body = environ["wsgi.input"].getvalue()
    headers = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "REMOTE_"))}
    address = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
    response = Client().generic(
        environ["REQUEST_METHOD"], address, body, environ.get("CONTENT_TYPE", ""), **headers
    )
    return response.status_code, list(response.items()), response.content


GOOD: dict[str, Callable[[Asking], WSGIEnvironment]] = {
    "verify": lambda one: one.environ("GET /oauth/verify?scope=sms+groups", one.bearer),
    "account": lambda one: one.environ("GET /account", one.bearer),
    "introspect": lambda one: one.environ("POST /oauth/introspect", one.basic, f"token={one.token}"),
    "introspect, of nobody": lambda one: one.environ(
        "POST /oauth/introspect", one.basic, f"token={new_credential()}"
    ),
    "introspect, by the platform": lambda one: one.environ(
        "POST /oauth/introspect", basic(one.server.server_id, one.server_secret), f"token={one.token}"
    ),
    "introspect, used from elsewhere": lambda one: one.environ(
        "POST /oauth/introspect", one.basic, f"token={one.token}&client_ip=2001:db8::1"
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_loop_answers_as_the_view_does(asking: Asking, name: str) -> None:
    environ = GOOD[name](asking)
    [got] = asking.on_the_loop(environ)
    assert got is not None
    status, headers, body = by_the_view(environ)
    assert (got[0], got[2]) == (status, body)
    assert constant(got[1]) == constant(headers)
    assert {name for name, _value in got[1]} >= VOLATILE
    assert UUID(dict(got[1])["X-Request-Id"]).version == 4


def test_a_preview_is_made_on_the_loop_once_a_thread_has_made_one(asking: Asking) -> None:
    text = json.dumps({"text": "Zażółć 📦", "transliteration": {"alphabet": "POLISH", "removeEmojis": True}})
    environ = asking.environ("POST /messages/preview", asking.bearer, text, CONTENT_TYPE="application/json")
    previews._transliterate.cache_clear()
    assert asking.on_the_loop(environ) == [None]
    status, headers, body = by_the_view(environ)
    [got] = asking.on_the_loop(environ)
    assert got is not None
    assert (got[0], got[2], constant(got[1])) == (status, body, constant(headers))
    assert json.loads(got[2])["text"] == "Zazolc "


@pytest.mark.parametrize("text", ['{"text": ""}', '{"text": "a", "to": "+1"}', '{"txt": "a"}', "", "["])
def test_a_preview_that_is_refused_is_left_to_a_thread(asking: Asking, text: str) -> None:
    previews._transliterate()
    environ = asking.environ("POST /messages/preview", asking.bearer, text, CONTENT_TYPE="application/json")
    recorder.take()
    assert asking.on_the_loop(environ) == [None]
    written_beside()
    assert not recorder.take().uses


def constant(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in headers if name not in VOLATILE}


@pytest.mark.parametrize("scope", ["", "&scope=sms"])
@pytest.mark.parametrize("lifetime", [Lifetime.DAY, Lifetime.NEVER])
def test_a_token_as_the_view_gives_it(asking: Asking, scope: str, lifetime: Lifetime) -> None:
    Application.objects.update(lifetime=lifetime)
    environ = asking.environ("POST /oauth/token", asking.basic, GRANT + scope)
    [got] = asking.on_the_loop(environ)
    assert got is not None
    status, headers, body = by_the_view(environ)
    ours, theirs = json.loads(got[2]), json.loads(body)
    value = ours.pop("access_token")
    assert theirs.pop("access_token") != value
    assert (got[0], ours, constant(got[1])) == (status, theirs, constant(headers))
    assert AccessToken.objects.live().by_value(value).exists()
    written_beside()
    uses = {use[2]: count for use, count in recorder.take().uses.items()}
    assert uses == {bytes(ApplicationSecret.objects.get().digest): 2}
    assert Application.objects.get().last_used_ip == "127.0.0.1"


NOT_WELL: dict[str, Callable[[Asking], WSGIEnvironment]] = {
    "a wrong secret": lambda one: one.environ(
        "POST /oauth/token", basic(one.application.application_id, "0" * 40), GRANT
    ),
    "another grant": lambda one: one.environ("POST /oauth/token", one.basic, "grant_type=password"),
    "a scope that is not held": lambda one: one.environ(
        "POST /oauth/token", one.basic, f"{GRANT}&scope=contacts"
    ),
    "another media type": lambda one: one.environ(
        "POST /oauth/token", one.basic, GRANT, CONTENT_TYPE="text/plain"
    ),
    "another Host": lambda one: one.environ("POST /oauth/token", one.basic, GRANT, HTTP_HOST="evil.example"),
    "a body that was not decoded": lambda one: one.environ(
        "POST /oauth/token", one.basic, GRANT, HTTP_TRANSFER_ENCODING="chunked"
    ),
    "an unknown token": lambda one: one.environ("GET /oauth/verify?scope=sms", f"Bearer {new_credential()}"),
    "a missing scope": lambda one: one.environ("GET /oauth/verify?scope=contacts", one.bearer),
    "no scope": lambda one: one.environ("GET /oauth/verify", one.bearer),
    "no credential": lambda one: one.environ("GET /account"),
    "an API key": lambda one: one.environ("GET /account", HTTP_X_API_KEY=one.key),
    "two credentials": lambda one: one.environ("GET /account", one.bearer, HTTP_X_API_KEY=one.key),
    "a client that may not ask": lambda one: one.environ(
        "POST /oauth/introspect", basic("1" * 40, "0" * 40), f"token={one.token}"
    ),
    "no token": lambda one: one.environ("POST /oauth/introspect", one.basic, "client_ip=192.0.2.1"),
}


@pytest.mark.parametrize("name", NOT_WELL)
def test_what_is_not_well_is_left_to_a_thread_and_leaves_no_trace(asking: Asking, name: str) -> None:
    environ = NOT_WELL[name](asking)
    before = AccessToken.objects.values("pk", "last_used_at").get()
    assert asking.on_the_loop(environ) == [None]
    assert not recorder.gathered
    assert AccessToken.objects.values("pk", "last_used_at").get() == before
    by_the_view(environ)  # the thread finds the body and the headers as they came
    assert environ["wsgi.input"].tell() == 0


def test_an_address_that_is_not_allowed_is_left_to_a_thread(asking: Asking) -> None:
    Application.objects.update(allowlist="|198.51.100.0/24")
    environs = [request(asking) for request in (GOOD["verify"], GOOD["introspect"])]
    assert asking.on_the_loop(*environs) == [None, None]
    assert not recorder.gathered


def test_where_a_request_comes_from_is_judged_as_by_the_view(asking: Asking, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    for hops, address in (
        ("192.0.2.7, 203.0.113.5", "203.0.113.5"),
        ("\xff", None),
        ("203.0.113.5, \xff", None),
    ):
        environ = asking.environ("POST /oauth/token", asking.basic, GRANT, HTTP_X_FORWARDED_FOR=hops)
        [got] = asking.on_the_loop(environ)
        assert (got is not None) == (address is not None)
        if got is not None:
            stored = AccessToken.objects.by_value(json.loads(got[2])["access_token"]).get()
            assert stored.issued_ip == address
    assert AccessToken.objects.count() == 2


@pytest.mark.parametrize(
    ("headers", "good"),
    [({}, False), ({"HTTP_X_FORWARDED_PROTO": "https"}, False), ({"wsgi.url_scheme": "https"}, True)],
)
def test_over_http_nothing_is_answered_where_https_is_public(
    asking: Asking, settings: Any, headers: dict[str, str], good: bool
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    [got] = asking.on_the_loop(asking.environ("POST /oauth/token", asking.basic, GRANT, **headers))
    assert (got is not None) == good
    if got is not None:
        assert dict(got[1])["Strict-Transport-Security"].startswith("max-age=60")


def test_good_and_bad_at_once(asking: Asking) -> None:
    good = asking.environ("POST /oauth/token", asking.basic, GRANT)
    bad = NOT_WELL["a wrong secret"](asking)
    answers = asking.on_the_loop(
        good, bad, GOOD["verify"](asking), NOT_WELL["an unknown token"](asking), good
    )
    assert [one and one[0] for one in answers] == [200, None, 200, None, 200]
    assert AccessToken.objects.count() == 3


def test_last_used_is_written_beside_the_request(asking: Asking) -> None:
    [got] = asking.on_the_loop(GOOD["verify"](asking))
    written_beside()
    assert got is not None
    token = AccessToken.objects.get()
    assert (token.last_used_at is not None, token.last_used_ip) == (True, "127.0.0.1")


@pytest.mark.parametrize(
    ("what", "limit", "there"),
    [
        (f"GET /oauth/verify?scope={'s' * 2043}", 0, False),  # reading much would stop the loop
        (f"GET /oauth/verify?scope={'s' * 2042}", 0, True),
        ("GET /account", 0, True),
        ("GET /account", 600, False),  # a thread counts it
        ("GET /oauth/verify", 600, True),
        ("POST /oauth/verify", 0, False),
        ("GET /oauth/token", 0, False),
        ("POST /oauth/revoke", 0, False),
        ("GET /account/", 0, False),
    ],
)
def test_which_requests_the_loop_takes(
    asking: Asking, settings: Any, what: str, limit: int, there: bool
) -> None:
    settings.RATE_LIMIT = limit
    assert (frequent.frequent(asking.environ(what)) is not None) == there
