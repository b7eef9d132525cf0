"""What introspection tells a resource server about how an application's messages are treated."""

import pytest
from django.test import Client

from applications.models import Application
from applications.operations.actors import OPERATOR
from applications.operations.message_settings import update_message_settings
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import FORM, basic

TOKEN = "1" * 40


@pytest.fixture
def client_of_token(db: None) -> tuple[Application, str]:
    """An application with its secret; TOKEN is its token."""
    application, secret = make_application(make_account())
    make_token(application, TOKEN)
    return application, secret


def introspected(client_id: str, secret: str) -> dict[str, object]:
    answer = Client().post(
        "/oauth/introspect", f"token={TOKEN}", FORM, headers={"Authorization": basic(client_id, secret)}
    )
    body: dict[str, object] = answer.json()
    assert body["active"] is True
    return body


def test_a_resource_server_gets_the_settings_as_they_are_now(
    client_of_token: tuple[Application, str],
) -> None:
    application, _secret = client_of_token
    server, secret = create_resource_server(name=Name("SMS gateway"), actor=OPERATOR)
    before = introspected(server.server_id, secret)["settings"]
    changes = {"sms_sender": "Marlowe", "sms_alphabet": "GREEK"}
    update_message_settings(application=application, changes=changes, actor=OPERATOR)
    after = introspected(server.server_id, secret)["settings"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["sms"]["enforceOriginator"] == ""
    assert after["sms"]["enforceOriginator"] == "Marlowe"
    assert after["sms"]["transliteration"] == {"alphabet": "GREEK", "removeEmojis": False}
    assert after["otp"] == before["otp"]


def test_an_application_gets_none(client_of_token: tuple[Application, str]) -> None:
    application, secret = client_of_token
    assert "settings" not in introspected(application.application_id, secret)
