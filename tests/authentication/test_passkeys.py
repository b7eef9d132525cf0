"""What a browser says its passkey answered: whatever it is, a wrong code at most and never a fault."""

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError

from applications.authentication import passkeys
from applications.authentication.passkeys import CredentialField, SignInByPasskeyForm

HOSTILE = [
    "[" * 100_000,
    '{"a":' * 50_000,
    "1" * 5000,
    "[]",
    '"text"',
    "true",
    "12",
    '{"id": "\\ud800"',
    "{",
    "nonsense",
]
ANSWERS = [
    {},
    {"id": "x"},
    {"id": "\ud800", "rawId": "AAAA", "type": "public-key", "response": {}},
    {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "AAAA"}},
    {"id": ["x"] * 100, "rawId": None, "response": []},
    {"response": {"authenticatorData": "_" * 10_000, "signature": "!", "userHandle": 7}},
]


@pytest.mark.parametrize("sent", HOSTILE, ids=lambda text: text[:8])
def test_what_is_no_object_is_a_wrong_code(sent: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CredentialField().clean(sent)
    assert len(refused.value.messages) == 1


def test_an_object_is_passed_on_and_nothing_is_required() -> None:
    assert CredentialField().clean('{"id": "x"}') == {"id": "x"}
    with pytest.raises(ValidationError, match="required"):
        CredentialField().clean("")


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer)[:20])
def test_an_answer_that_proves_nothing_is_a_wrong_code(
    db: None, answer: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    form = SignInByPasskeyForm({"credential": json.dumps(answer)})
    assert not form.is_valid()
    assert list(form.errors) == ["credential"]
    assert all(record.levelno <= logging.INFO for record in caplog.records)


def test_a_fault_of_the_database_is_none_of_the_code() -> None:
    with pytest.raises(OperationalError), passkeys._malformed_is_wrong():
        raise OperationalError("the store is down")


def test_what_has_words_of_its_own_keeps_them() -> None:
    with pytest.raises(ValidationError, match="Too many tries"), passkeys._malformed_is_wrong():
        raise ValidationError("Too many tries.")


@pytest.mark.parametrize("error", [ValueError, KeyError, RecursionError, TypeError, AssertionError])
def test_any_other_error_is_a_wrong_code_and_in_the_log(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ValidationError), passkeys._malformed_is_wrong():
        raise error("bytes of any kind")
    [record] = caplog.records
    assert record.levelno == logging.INFO
    assert "was not understood" in record.getMessage()
