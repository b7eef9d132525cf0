"""JSON bodies are read strictly: what two readers could take for two things is refused, with its name."""

import json

import pytest

from applications.models import Application
from tests.api.conftest import JSON, Program, error_of

TOO_LARGE = json.dumps({"scopes": "sms", "name": "x" * 64 * 1024})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The body is empty. Send a JSON object with name, tokenExpiration, scopes."),
        ("{}", "scopes: Choose at least one scope."),
        ("null", "The body must be a JSON object."),
        ("[]", "The body must be a JSON object."),
        ('"scopes"', "The body must be a JSON object."),
        ("{", "The body is not JSON in UTF-8."),
        ("scopes=sms", "The body is not JSON in UTF-8."),
        ('{"scopes": "sms"} {}', "The body is not JSON in UTF-8."),
        ("{'scopes': 'sms'}", "The body is not JSON in UTF-8."),
        ('\ufeff\ufeff{"scopes": "sms"}', "The body is not JSON in UTF-8."),
        ('{\ufeff"scopes": "sms"}', "The body is not JSON in UTF-8."),
        (b'{"scopes": "sms", "name": "\xff"}', "The body is not JSON in UTF-8."),
        ('{"scopes": "sms"}'.encode("utf-16"), "The body is not JSON in UTF-8."),
        ('{"scopes": NaN}', "The body is not JSON in UTF-8."),
        ('{"scopes": -Infinity}', "The body is not JSON in UTF-8."),
        ('{"scopes": ' + "1" * 5000 + "}", "The body is not JSON in UTF-8."),
        ('{"scopes": 1e999}', "scopes: A number is too large."),
        ('{"scopes": "sms", "scopes": "groups"}', "scopes: It is there twice."),
        ('{"scopes": [{"a": 1, "a": 1}]}', "a: It is there twice."),
        ('{"scopes": "\\u0000"}', "scopes: It holds a control character."),
        ('{"scopes": ["sms\\u0000"]}', "scopes: It holds a control character."),
        ('{"scopes": [{"\\u0000": 1}]}', "scopes: It holds a control character."),
        ('{"scopes": "\\udfff"}', "scopes: It holds a control character."),
        ('{"scopes": ' + "[" * 9 + "]" * 9 + "}", "scopes: It is nested too deeply."),
        ('{"scopes": ' + "[" * 30_000 + "]" * 30_000 + "}", "The body is nested too deeply."),
        ('{"scopes": ' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "}", "The body is nested too deeply."),
    ],
)
def test_what_is_not_read(body: str | bytes, message: str, program: Program) -> None:
    status, kind, told = error_of(program.post("/applications", body))
    assert (status, kind) == (400, "invalid_param")
    assert told.startswith(message)
    assert Application.objects.count() == 1


def test_over_64_kb(program: Program) -> None:
    assert error_of(program.post("/applications", TOO_LARGE))[:2] == (413, "request_too_large")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8x",
        "application/jsonp",
        "multipart/form-data; boundary=x",
        "x" * 200,
    ],
)
def test_another_media_type(content_type: str, program: Program) -> None:
    refused = program.post("/applications", {"scopes": "sms"}, content_type)
    assert error_of(refused)[:2] == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "application/json;charset=utf-8",
        'APPLICATION/JSON; charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json; charset=UTF8",
        'application/json; Charset="utf8"',
        "application/json; charset='Utf-8'",
        "application/json; charset=UTF_8",
        "application/json; charset=",
    ],
)
def test_json_by_its_names(content_type: str, program: Program) -> None:
    assert program.post("/applications", {"scopes": "sms"}, content_type).status_code == 201


def test_a_byte_order_mark_is_ignored(program: Program) -> None:
    body = b'\xef\xbb\xbf{"scopes": "sms", "name": "\xef\xbb\xbfCRM"}'
    made = program.post("/applications", body)
    assert (made.status_code, made.json()["name"]) == (201, "\ufeffCRM")


def test_text_in_any_script(program: Program) -> None:
    body = program.post("/applications", {"scopes": "sms", "name": "Zażółć gęślą 🔑"}).json()
    assert body["name"] == "Zażółć gęślą 🔑"
