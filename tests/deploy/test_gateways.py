"""`GET /groups` of an API without code for tokens, behind each gateway: who gets through, and as whom."""

import json

import pytest

from tests.deploy.gateways import AWAY, HOME, Answer, Gateway, call, send

pytestmark = pytest.mark.served

FORGED = {"X_Application_Id": "f" * 40, "X_Account_Id": "999", "X_Scope": "everything"}
WHO = ("x-application-id", "x-account-id", "x-scope")


def who(answer: Answer) -> dict[str, str]:
    """Who the API was told is calling."""
    assert answer.status == 200, answer.body
    return {name: value for name, value in answer.json["headers"].items() if name.replace("_", "-") in WHO}


def test_a_good_token_gets_through_and_the_api_learns_who_calls(gateway: Gateway) -> None:
    assert who(gateway.with_token()) == {
        "x-application-id": gateway.product.application_id,
        "x-account-id": gateway.product.account_id,
        "x-scope": "groups",
    }


def test_an_api_key_is_of_the_account_alone(gateway: Gateway) -> None:
    answer = gateway.get(X_API_KEY=gateway.product.key)
    assert who(answer) == {"x-account-id": gateway.product.account_id, "x-scope": "sms groups"}


def test_the_request_reaches_the_api_as_it_was(gateway: Gateway) -> None:
    headers = {"Authorization": f"Bearer {gateway.product.token}", "Content_Type": "application/json"}
    answer = call(gateway.port, "/groups/7?page=2&scope=x", method="POST", body='{"name": "VIP"}', **headers)
    assert answer.status == 200
    assert (answer.json["method"], answer.json["body"]) == ("POST", '{"name": "VIP"}')
    assert answer.json["path"] == "/groups/7?page=2&scope=x"
    assert answer.json["headers"]["content-type"] == "application/json"


def test_the_credential_stays_at_the_gateway(gateway: Gateway) -> None:
    for answer in (gateway.with_token(), gateway.get(X_API_KEY=gateway.product.key)):
        assert answer.status == 200
        assert gateway.product.token not in answer.body.decode()
        assert gateway.product.key not in answer.body.decode()


def test_nobody_is_401_with_a_bare_challenge(gateway: Gateway) -> None:
    answer = gateway.get()
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="Latchkey"')
    assert answer.sent.count("www-authenticate") == 1
    assert answer.sent.count("x-request-id") == 1
    assert answer.headers["content-type"] == "application/json"
    assert "error" in answer.json


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {'0' * 40}"},
        {"Authorization": "Basic eDp5"},
        {"X_API_KEY": "0" * 40},
        {"X_API_KEY": "x"},
    ],
)
def test_what_is_not_good_is_401(gateway: Gateway, headers: dict[str, str]) -> None:
    answer = gateway.get(**headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Latchkey", error="invalid_token"'


def test_two_credentials_are_401(gateway: Gateway) -> None:
    answer = gateway.with_token(X_API_KEY=gateway.product.key)
    assert answer.status == 401
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


def test_a_scope_that_is_not_held_is_403(gateway: Gateway) -> None:
    answer = gateway.with_token("/sms")
    assert answer.status == 403
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="Latchkey", error="insufficient_scope", scope="sms"'
    )
    assert answer.sent.count("www-authenticate") == 1
    assert "error" in answer.json
    assert gateway.get("/sms", X_API_KEY=gateway.product.key).status == 200


def test_the_clients_own_address_counts_whatever_it_says_of_itself(gateway: Gateway) -> None:
    restricted = {"Authorization": f"Bearer {gateway.product.restricted_token}"}
    assert gateway.get(address=HOME, **restricted).status == 200
    answer = gateway.get(address=AWAY, **restricted)
    assert (answer.status, answer.headers["www-authenticate"]) == (
        403,
        'Bearer realm="Latchkey", error="access_denied"',
    )
    for name in ("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "Forwarded", "x-forwarded-for"):
        headers = [*restricted.items(), (name, HOME)]
        assert send(gateway.port, "/groups", headers, address=AWAY).status == 403, name
    twice = [*restricted.items(), ("X-Forwarded-For", HOME), ("X-Forwarded-For", f"{HOME}, {HOME}")]
    assert send(gateway.port, "/groups", twice, address=AWAY).status == 403


def test_forged_headers_never_reach_the_api(gateway: Gateway) -> None:
    honest = who(gateway.with_token())
    assert who(gateway.with_token(**FORGED)) == honest
    bearer = ("Authorization", f"Bearer {gateway.product.token}")
    for forged in ("X_Application_Id", "x-application-ID", "X_Scope", "X_Account_Id"):
        assert who(send(gateway.port, "/groups", [bearer, (forged, "evil"), (forged, "worse")])) == honest
    keys = who(gateway.get(X_API_KEY=gateway.product.key, **FORGED))
    assert keys == {"x-account-id": gateway.product.account_id, "x-scope": "sms groups"}
    assert gateway.get(**FORGED).status == 401


def test_a_query_does_not_change_what_is_asked_of_latchkey(gateway: Gateway) -> None:
    assert gateway.with_token("/sms?scope=groups").status == 403
    assert gateway.get("/groups?access_token=" + gateway.product.token).status == 401
    assert gateway.with_token("/groups?scope=sms&scope=viber").status == 200


@pytest.mark.parametrize("path", ["/sms/../groups", "/sms/%2e%2e/groups", "//groups", "/x/..//groups"])
def test_the_path_that_is_judged_is_the_one_the_api_gets(gateway: Gateway, path: str) -> None:
    answer = gateway.with_token(path)
    if answer.status == 200:
        assert answer.json["path"] == "/groups"
    else:
        assert answer.status in (301, 308, 400, 403, 404)


@pytest.mark.parametrize("path", ["/", "/other", "/groupsies", "/_latchkey", "/oauth/verify"])
def test_what_is_not_named_is_not_there(gateway: Gateway, path: str) -> None:
    assert gateway.with_token(path).status == 404


def test_a_revoked_token_is_401_at_the_very_next_request(gateway: Gateway) -> None:
    product = gateway.product
    client = {"client_id": product.application_id, "client_secret": product.secret}
    form = "&".join(f"{name}={value}" for name, value in client.items())
    media = {"Content_Type": "application/x-www-form-urlencoded"}
    grant = call(
        product.port, "/oauth/token", method="POST", body=f"grant_type=client_credentials&{form}", **media
    )
    token = json.loads(grant.body)["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert gateway.get(**bearer).status == 200
    assert (
        call(product.port, "/oauth/revoke", method="POST", body=f"token={token}&{form}", **media).status
        == 200
    )
    assert gateway.get(**bearer).status == 401


def test_latchkey_behind_it_answers_as_itself(front: Gateway) -> None:
    bearer = ("Authorization", f"Bearer {front.product.restricted_token}")

    def status(address: str, **headers: str) -> int:
        return send(
            front.port, "/oauth/verify?scope=groups", [bearer, *headers.items()], address=address
        ).status

    assert status(HOME) == 200
    assert status(AWAY) == 403
    assert status(AWAY, **{"X-Forwarded-For": HOME}) == 403
    assert status(AWAY, X_Forwarded_For=HOME) == 403


def test_a_host_that_latchkey_does_not_have_is_said_to_the_operator_and_not_to_come_back(
    misnamed: Gateway, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.params["misnamed"]
    for answer in (misnamed.with_token(), misnamed.get()):
        assert (answer.status, answer.json["error"]["type"]) == (500, "server_error")
        assert "ALLOWED_HOSTS" in answer.json["error"]["message"]
        assert "retry-after" not in answer.headers
        assert "x-application-id" not in answer.headers
    line = f"Invalid HTTP_HOST header: '{name}.wrong.example'."
    assert misnamed.product.served.log.read_text().count(line) == 1


@pytest.mark.parametrize("path", ["/account", "/oauth/token", "/panel/"])
def test_a_host_that_latchkey_does_not_have_is_400_through_the_gateway(front: Gateway, path: str) -> None:
    answer = send(front.port, path, [("Host", "stranger.example")])
    # Caddy does not know the Host either, and answers it itself.
    assert answer.status == 400 or (answer.status, answer.headers["server"]) == (200, "Caddy")


def test_without_latchkey_nobody_gets_through_and_clients_may_come_back(alone: Gateway) -> None:
    answer = alone.with_token()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.json["error"]["type"] == "temporarily_unavailable"
    assert alone.get().status == 503


def test_without_latchkey_nobody_gets_through_any_other_gateway(alone_without_words: Gateway) -> None:
    assert alone_without_words.with_token().status in (500, 503)
    assert alone_without_words.get().status in (500, 503)
