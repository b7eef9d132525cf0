"""What holds for every answer outside the pages: its headers, JSON for paths that do not exist, a Host of another."""

import pytest
from django.test import Client
from pytest_django import Settings

from applications.models import Application
from config.logging import OncePerMinute
from tests.api.conftest import Program
from tests.oauth.conftest import FORM, GRANT

SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
NOT_KEPT = "no-store"
TOO_LARGE = b"x" * 65 * 1024

# Method, path, body, media type, status. `ID` stands for an application's.
ANSWERS = [
    ("GET", "/account", "", "", 200),
    ("DELETE", "/account", "", "", 405),
    ("GET", "/applications", "", "", 200),
    ("HEAD", "/applications/scopes", "", "", 200),
    ("POST", "/applications", b'{"scopes": "sms"}', "application/json", 201),
    ("POST", "/applications", b"{", "application/json", 400),
    ("POST", "/applications", b"x", FORM, 415),
    ("POST", "/applications", TOO_LARGE, "application/json", 413),
    ("GET", "/applications/ID", "", "", 200),
    ("GET", "/applications/nothing", "", "", 404),
    ("POST", "/applications/ID/tokens/revoke", "", "", 204),
    ("POST", "/messages/preview", b'{"text": "x"}', "application/json", 200),
    ("POST", "/oauth/token", GRANT, FORM, 401),
    ("POST", "/oauth/token", "x=1", FORM, 400),
    ("GET", "/oauth/token", "", "", 405),
    ("POST", "/oauth/introspect", TOO_LARGE, FORM, 413),
    ("POST", "/oauth/revoke", "token=x", "text/plain", 415),
    ("GET", "/oauth/verify?scope=sms", "", "", 200),
    ("GET", "/oauth/verify?scope=fax", "", "", 403),
    ("GET", "/oauth/verify", "", "", 400),
    ("GET", "/oauth/nothing", "", "", 404),
    ("GET", "/.well-known/oauth-authorization-server", "", "", 200),
    ("GET", "/.well-known/nothing", "", "", 404),
    ("GET", "/nothing", "", "", 404),
]


@pytest.mark.parametrize(("method", "path", "body", "media", "status"), ANSWERS)
def test_every_answer_says_how_it_may_be_used(
    method: str, path: str, body: bytes, media: str, status: int, program: Program, application: Application
) -> None:
    address = path.replace("ID", application.application_id)
    response = program.send(method, address, body, media)
    assert response.status_code == status
    assert {name: response[name] for name in SAFE} == SAFE
    assert response["Cache-Control"] == NOT_KEPT


def test_the_description_may_be_kept_by_its_reader_for_a_while(program: Program) -> None:
    response = program.get("/openapi.json")
    assert {name: response[name] for name in SAFE} == SAFE
    assert response["Cache-Control"] == "private, max-age=300"


def test_a_failure_of_ours_is_no_exception(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("applications.api.account._application", broken)
    response = program.get("/account")
    assert response.status_code == 500
    assert {name: response[name] for name in SAFE} == SAFE
    assert response["Cache-Control"] == NOT_KEPT


@pytest.mark.parametrize("blank", ["", " ", " \t "])
def test_an_empty_credential_counts_as_absent(blank: str, program: Program, client: Client) -> None:
    none = {"Authorization": blank, "X-API-KEY": blank}
    for method, path in (("GET", "/account"), ("POST", "/messages/preview")):
        response = client.generic(method, path, headers=none)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="Latchkey"')
    assert Program(none | program.headers).get("/account").status_code == 200


# --- Paths that do not exist ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/x", "/api/", "/api/v1/groups", "/favicon.ico", "/robots.txt", "/Panel/", "/account/", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_path_that_does_not_exist_is_answered_in_json(
    method: str, path: str, client: Client, db: None
) -> None:
    response = client.generic(method, path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert response.json()["error"]["type"] == "not_found"


@pytest.mark.parametrize("path", ["/.well-known/x", "/oauth", "/oauth/x", "/oauth/token/"])
def test_under_oauth_in_the_form_of_its_rfc(path: str, client: Client, db: None) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/panel/nothing/", "/operator/nothing/", "/static/nothing.css"])
def test_people_get_a_page(path: str, client: Client, db: None) -> None:
    response = client.get(path, follow=True)
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("path", "to"), [("/", "/panel/"), ("/panel", "/panel/"), ("/operator", "/operator/")]
)
def test_the_ways_to_the_pages_are_as_they_were(path: str, to: str, client: Client, db: None) -> None:
    response = client.get(path)
    assert response.status_code in (301, 302)
    assert response["Location"].endswith(to)


# --- A Host that is not ours ---------------------------------------------------------------------------


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "django.security.DisallowedHost"]


@pytest.mark.parametrize("path", ["/account", "/oauth/verify?scope=sms", "/nothing", "/panel/sign-in/"])
def test_a_host_that_is_not_ours_is_400_and_logged_once_with_its_name(
    path: str, client: Client, db: None, caplog: pytest.LogCaptureFixture, new_minute: None
) -> None:
    for _number in range(3):
        assert client.get(path, headers={"Host": "latchkey.example"}).status_code == 400
    assert lines(caplog) == [
        "Invalid HTTP_HOST header: 'latchkey.example'. You may need to add 'latchkey.example' to ALLOWED_HOSTS."
    ]
    assert all(one.exc_info is None for one in caplog.records if one.name.endswith("DisallowedHost"))


@pytest.mark.parametrize(("path", "member"), [("/account", "message"), ("/oauth/token", "error_description")])
def test_and_the_answer_names_the_setting(path: str, member: str, client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["latchkey.example"]
    body = client.post(path, headers={"Host": "other.example"}).json()
    error = body["error"] if path == "/account" else body
    assert error[member] == "This server has no such Host. ALLOWED_HOSTS names those that it has."


def test_whoever_makes_up_hosts_does_not_flood_the_log(
    client: Client, db: None, caplog: pytest.LogCaptureFixture, new_minute: None
) -> None:
    for number in range(30):
        client.get("/account", headers={"Host": f"{'x' * 5000}{number}.example"})
        client.get("/account", headers={"Host": f"{number}.example"})
    assert len(lines(caplog)) == OncePerMinute().most
    assert max(map(len, lines(caplog))) == OncePerMinute().letters
