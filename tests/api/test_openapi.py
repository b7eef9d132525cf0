"""The description is what there is: every address, method and answer, and nothing that is not."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver

from applications.models import Account, Application
from applications.operations.actors import OPERATOR
from applications.operations.resource_servers import create_resource_server
from applications.rules.credentials import new_credential
from applications.rules.names import Name
from config.bodies import BodyTooSlow
from config.refusals import refusal
from tests.api.conftest import Program, bearer, with_api_key
from tests.factories import make_application, make_token
from tests.oauth.conftest import FORM, GRANT, Response, basic
from tests.webhooks import hand_over, only, set_url

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    response = Client().get("/openapi.json")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = json.loads(response.content)
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def patterns() -> list[str]:
    """The addresses of both edges, as the description writes them."""
    found = []
    for module in ("applications.oauth.urls", "applications.api.urls"):
        for pattern in get_resolver(module).url_patterns:
            assert isinstance(pattern, URLPattern)
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
            found.append("/" + path.replace("application_id", "applicationId").replace("delivery_id", "id"))
    return found


def closed(node: Any) -> Any:
    """The same, with every object's members all named: so that an answer may hold none that is not described."""
    if isinstance(node, list):
        return [closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {name: closed(part) for name, part in node.items()}
    if "properties" in made and made.get("type") == "object":
        made["additionalProperties"] = False
    return made


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    components = {"components": {"schemas": document["components"]["schemas"]}}
    jsonschema_rs.Draft202012Validator(closed({**schema, **components})).validate(value)


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        for name in node["$ref"].removeprefix("#/").split("/"):
            document = document[name]
        return document
    return node


def check_answer(document: dict[str, Any], path: str, method: str, response: Response) -> None:
    """The answer's status, headers and body are as described."""
    described = document["paths"][path][method.lower()]["responses"]
    assert str(response.status_code) in described, f"{method} {path} answered {response.status_code}"
    answer = resolved(document, described[str(response.status_code)])
    assert {"X-Request-Id", "X-Response-Time"} <= set(response.headers)
    if "content" in answer:
        assert response["Content-Type"] == "application/json"
        check(document, answer["content"]["application/json"]["schema"], json.loads(response.content))
    else:
        assert response.content == b""


# --- The document itself -------------------------------------------------------------------------------


def test_every_address_is_described_and_every_description_has_an_address(document: dict[str, Any]) -> None:
    assert sorted(document["paths"]) == sorted(patterns())
    assert len(patterns()) > 12


def test_it_is_openapi(document: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(document).validate()
    assert document["openapi"] == "3.1.0"


def test_it_says_where_it_is_and_which_scopes_there_are(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "http://localhost:8000"}]
    flow = document["components"]["securitySchemes"]["accessToken"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "http://localhost:8000/oauth/token"
    assert flow["scopes"]["sms"]
    assert len(flow["scopes"]) == 15


def test_references_lead_somewhere_and_all_components_are_used(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    used = set(re.findall(r'"#/components/(\w+)/([\w-]+)"', text))
    there = {
        (kind, name) for kind in ("schemas", "responses", "headers") for name in document["components"][kind]
    }
    assert used == there


def test_operations_have_names_words_and_scopes_of_the_catalogue(document: dict[str, Any]) -> None:
    found = [operation for _path, _method, operation in operations(document)]
    assert len({operation["operationId"] for operation in found}) == len(found)
    tags = {tag["name"] for tag in document["tags"]}
    scopes = set(
        document["components"]["securitySchemes"]["accessToken"]["flows"]["clientCredentials"]["scopes"]
    )
    for operation in found:
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= tags
        assert all(set(names) <= scopes for way in operation["security"] for names in way.values())


def test_examples_are_as_their_schemas_say(document: dict[str, Any]) -> None:
    examples = 0
    for node in walk(document):
        if "example" in node and "schema" in node and "in" not in node:
            check(document, node["schema"], node["example"])
            examples += 1
    assert examples > 20


def walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from walk(part)
    elif isinstance(node, list):
        for part in node:
            yield from walk(part)


# --- Held against the views ----------------------------------------------------------------------------


@pytest.fixture
def target(account: Account, settings: Any) -> Application:
    """An application to read and change, with a delivery that waits; the client is another."""
    settings.WEBHOOK_SENDER = "tests.webhooks.answer_at_once"
    made = make_application(account, scopes="sms account")[0]
    set_url(made)
    hand_over(made)
    return made


def test_methods_that_are_described_are_those_that_are_there(
    document: dict[str, Any], program: Program, target: Application
) -> None:
    for path, item in document["paths"].items():
        if path == "/oauth/verify":
            continue  # which takes all, and says so
        for method in METHODS:
            address = path.replace("{applicationId}", target.application_id)
            there = program.send(method.upper(), address, "", "text/x").status_code != 405
            assert there == (method in item), f"{method} {path}"


CALLS = [
    ("GET", "/account", ""),
    ("GET", "/applications", ""),
    ("GET", "/applications/scopes", ""),
    ("POST", "/applications", {"scopes": ["sms"], "name": "Cron", "tokenExpiration": "1 day"}),
    ("GET", "/applications/{applicationId}", ""),
    ("PATCH", "/applications/{applicationId}", {"name": "Cron", "enabled": True}),
    ("POST", "/applications/{applicationId}/secret", {"overlap": "1 hour", "revokeTokens": True}),
    ("POST", "/applications/{applicationId}/webhooks/secret", ""),
    ("POST", "/applications/{applicationId}/tokens/revoke", ""),
    ("POST", "/applications/{applicationId}/allowed-ips", {"network": "127.0.0.1", "note": "here"}),
    ("GET", "/applications/{applicationId}/allowed-ips", ""),
    ("DELETE", "/applications/{applicationId}/allowed-ips?network=127.0.0.1", ""),
    ("POST", "/account/allowed-ips", {"network": "127.0.0.0/8"}),
    ("GET", "/account/allowed-ips", ""),
    ("POST", "/account/allowed-ips", {"network": "127.0.0.1"}),
    ("DELETE", "/account/allowed-ips?network=127.0.0.1", ""),
    ("POST", "/messages/preview", {"text": "Привет"}),
    ("GET", "/applications/{applicationId}/webhooks/deliveries?limit=1&state=waiting", ""),
    ("POST", "/applications/{applicationId}/webhooks/deliveries/{id}/redeliver", ""),
    ("POST", "/applications/{applicationId}/webhooks/test", {"event": "dlr_update", "channel": "sms"}),
    ("DELETE", "/applications/{applicationId}", ""),
    ("GET", "/openapi.json", ""),
    ("GET", "/health/live", ""),
    ("GET", "/health/ready", ""),
    ("POST", "/credentials/revoke", {"credentials": ["Bearer " + 40 * "0"]}),
]


def test_answers_are_as_described(document: dict[str, Any], program: Program, target: Application) -> None:
    called, of_target = set(), only().key
    for method, address, body in CALLS:
        path = address.partition("?")[0]
        address = address.replace("{applicationId}", target.application_id).replace("{id}", of_target)
        response = program.send(method, address, body, "application/json" if body else "")
        assert 200 <= response.status_code < 300, f"{method} {address}: {response.content!r}"
        if path != "/openapi.json":
            check_answer(document, path, method, response)
        called.add((path, method.lower()))
    others = {path for path in document["paths"] if path.startswith(("/oauth", "/.well-known", "/events"))}
    assert called == {
        (path, method) for path, method, _operation in operations(document) if path not in others
    }


def test_answers_to_events_are_as_described(document: dict[str, Any], target: Application) -> None:
    server, secret = create_resource_server(name=Name("SMS gateway"), actor=OPERATOR)
    platform = Program({"Authorization": basic(server.server_id, secret), "Idempotency-Key": "one"})
    good = {"applicationId": target.application_id, "channel": "sms", "event": "dlr_update", "data": [{}]}
    calls: list[tuple[Program, Any, int]] = [
        *((platform, good, 202), (platform, {**good, "data": [{}, {}]}, 409), (platform, {}, 400)),
        *((Program(platform.headers | {"Idempotency-Key": "2"}), {**good, "applicationId": "x"}, 202),),
        *((Program({}), good, 401), (platform, "x" * 1_100_000, 413)),
    ]
    for client, body, status in calls:
        response = client.post("/events", body)
        assert response.status_code == status, response.content
        check_answer(document, "/events", "POST", response)


def test_an_api_key_is_told_of_no_application(document: dict[str, Any], account: Account) -> None:
    check_answer(document, "/account", "GET", with_api_key(account).get("/account"))


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_refusals_are_as_described(
    method: str,
    path: str,
    body: object,
    document: dict[str, Any],
    program: Program,
    application: Application,
) -> None:
    described, address = path.partition("?")[0], path.replace("{applicationId}", new_credential())
    needs_a_credential = described not in (
        *("/openapi.json", "/credentials/revoke", "/health/live", "/health/ready"),
    )
    wrong = [
        (Program({}), body, 401),
        (bearer(application, "sms" if "messages" not in path else "groups"), body, 403),
        (Program({"Authorization": "Bearer x", "X-API-KEY": "x"}), body, 400),
    ]
    if "{" in path:
        wrong.append((program, body, 404))
    if body:
        wrong += [(program, {"unknown": 1}, 400), (program, "x" * 70_000, 413)]
    for client, sent, status in wrong if needs_a_credential else []:
        response = client.send(method, address, sent, "application/json" if sent else "")
        assert response.status_code == status, response.content
        check_answer(document, described, method, response)
    if body:
        response = program.send(method, address, "x=1", FORM)
        assert response.status_code == 415
        check_answer(document, described, method, response)


def test_a_body_that_does_not_arrive_is_refused_as_described(document: dict[str, Any]) -> None:
    with_bodies = [found for found in operations(document) if "requestBody" in found[2]]
    assert len(with_bodies) > 8
    for path, method, _ in with_bodies:
        address = path.replace("{applicationId}", new_credential()).replace("{id}", "1")
        environ = RequestFactory().generic(method.upper(), address).environ
        response: Any = refusal(environ, BodyTooSlow())
        assert response.status_code == 408
        check_answer(document, path, method, response)


def test_oauth_answers_are_as_described(
    document: dict[str, Any], target: Application, account: Account
) -> None:
    client, secret = make_application(account, scopes="sms")
    value = new_credential()
    make_token(target, value)
    proof = {"Authorization": basic(client.application_id, secret)}
    server, its_secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    of_server = {"Authorization": basic(server.server_id, its_secret)}
    token = {"Authorization": f"Bearer {value}"}
    calls = [
        ("POST", "/oauth/token", GRANT, proof, 200),
        ("POST", "/oauth/token", "scope=sms", proof, 400),
        ("POST", "/oauth/token", GRANT, {}, 401),
        ("POST", "/oauth/introspect", f"token={value}", proof, 200),
        ("POST", "/oauth/introspect", "token=x", proof, 200),
        ("POST", "/oauth/introspect", f"token={value}", of_server, 200),
        ("POST", "/oauth/introspect", f"token={value}", {}, 401),
        ("POST", "/oauth/revoke", f"token={value}", proof, 200),
        ("POST", "/oauth/revoke", "x=1", proof, 400),
        ("GET", "/oauth/verify?scope=sms", "", token, 200),
        ("GET", "/oauth/verify?scope=groups", "", token, 403),
        ("GET", "/oauth/verify?scope=%00", "", token, 400),
        ("GET", "/oauth/verify?scope=sms", "", {}, 401),
        ("GET", "/.well-known/oauth-authorization-server", "", {}, 200),
        ("GET", "/.well-known/security.txt", "", {}, 404),
    ]
    for method, address, body, headers, status in calls:
        response = Client().generic(method, address, body, FORM if body else "", headers=headers)
        assert response.status_code == status, f"{method} {address}"
        check_answer(document, address.partition("?")[0], method, response)
