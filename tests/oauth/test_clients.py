"""What a client may send of its ID and secret, in the header or in the body. No database."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from applications.oauth.clients import client_credentials
from applications.oauth.errors import OAuthError
from tests.oauth.conftest import basic

CLIENT, SECRET, OTHER = "a" * 40, "b" * 40, "c" * 40
# Nothing that an ID or a secret could be: too short, too long, capitals, another alphabet, a NUL.
MISSHAPEN = ["", "a" * 39, "a" * 41, "A" * 40, "g" * 40, "ａ" * 40, "a" * 39 + "\x00", " " + "a" * 39]


def request(authorization: str | None = None) -> HttpRequest:
    headers = {} if authorization is None else {"Authorization": authorization}
    return RequestFactory().post("/oauth/token", headers=headers)


def refusal(authorization: str | None, parameters: dict[str, str]) -> tuple[str, str]:
    """Error and description of what is refused."""
    with pytest.raises(OAuthError) as refused:
        client_credentials(request(authorization), parameters)
    return refused.value.error, refused.value.description


def test_the_header_and_the_body_say_the_same() -> None:
    pair = (CLIENT, SECRET)
    assert client_credentials(request(basic(*pair)), {}) == pair
    assert client_credentials(request(), {"client_id": CLIENT, "client_secret": SECRET}) == pair
    assert client_credentials(request(basic(*pair)), {"client_id": CLIENT}) == pair


@pytest.mark.parametrize("wrong", MISSHAPEN, ids=ascii)
def test_what_no_client_can_have_is_refused_before_anything_is_looked_up(wrong: str) -> None:
    for client_id, secret in ((CLIENT, wrong), (wrong, SECRET), (wrong, wrong)):
        assert refusal(None, {"client_id": client_id, "client_secret": secret})[0] == "invalid_client"
        assert refusal(basic(client_id, secret), {})[0] == "invalid_client"


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_half_a_pair_in_the_body_is_no_client(missing: str) -> None:
    parameters = {"client_id": CLIENT, "client_secret": SECRET}
    del parameters[missing]
    assert refusal(None, parameters)[0] == "invalid_client"
    assert refusal("", parameters)[0] == "invalid_client"


@pytest.mark.parametrize("secret", [SECRET, OTHER, ""])
def test_both_ways_at_once_are_an_error_of_the_request(secret: str) -> None:
    error, description = refusal(basic(CLIENT, SECRET), {"client_secret": secret})
    assert error == "invalid_request"
    assert "not by both" in description


@pytest.mark.parametrize("client_id", [OTHER, "", CLIENT.upper()])
def test_another_id_in_the_body_is_an_error_of_the_request(client_id: str) -> None:
    error, description = refusal(basic(CLIENT, SECRET), {"client_id": client_id})
    assert (error, description) == ("invalid_request", "client_id differs from the one in the header.")


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ", "Basic !!!!", "Basic YQ==", f"Bearer {SECRET}", "Digest x", CLIENT, "Basic w7/Dvw=="],
)
def test_a_header_that_holds_no_pair_is_no_client(header: str) -> None:
    assert refusal(header, {})[0] == "invalid_client"
    assert refusal(header, {"client_id": CLIENT})[0] == "invalid_client"


def test_all_that_are_no_client_are_told_the_same() -> None:
    told = {
        refusal(None, {}),
        refusal("Basic !!!!", {}),
        refusal(basic(CLIENT, "short"), {}),
        refusal(None, {"client_id": CLIENT}),
        refusal(None, {"client_id": "\x00", "client_secret": SECRET}),
    }
    assert len(told) == 1
