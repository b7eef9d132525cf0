"""A client's secret is compared in constant time, and an unknown client costs a comparison too (security.md 5)."""

import hmac

import pytest
from django.test import Client

from applications.models.secrets import Overlap
from applications.operations import clients
from applications.operations.actors import OPERATOR
from applications.operations.secrets import reset_secret
from applications.rules.credentials import digest, new_credential
from tests.factories import make_account, make_application
from tests.oauth.conftest import basic
from tests.oauth.edge import post


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What was compared in constant time."""
    pairs: list[tuple[bytes, bytes]] = []

    class Observed:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            pairs.append((one, other))
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(clients, "hmac", Observed)
    return pairs


def ask(client: Client, client_id: str, secret: str) -> int:
    authorization = basic(client_id, secret)
    return post(client, "/oauth/token", authorization, grant_type="client_credentials").status_code


def test_each_secret_of_a_client_is_compared(
    client: Client, db: None, compared: list[tuple[bytes, bytes]]
) -> None:
    application, first = make_application(make_account())
    second = reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    wrong = new_credential()
    assert ask(client, application.application_id, wrong) == 401
    assert {stored for stored, _sent in compared} == {digest(first), digest(second)}
    assert {sent for _stored, sent in compared} == {digest(wrong)}
    assert len(compared) == 2


def test_for_an_unknown_client_one_comparison_is_made(
    client: Client, db: None, compared: list[tuple[bytes, bytes]]
) -> None:
    wrong = new_credential()
    assert ask(client, new_credential(), wrong) == 401
    assert compared == [(bytes(32), digest(wrong))]
