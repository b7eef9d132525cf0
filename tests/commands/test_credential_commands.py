"""`create_resource_server` and `create_api_key`: what they print works, and what is wrong is said."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from applications.models import APIKey, ResourceServer
from tests.factories import make_account
from tests.oauth.conftest import basic
from tests.oauth.edge import post

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_a_resource_server_can_ask_at_once(client: Client) -> None:
    made = json.loads(run("create_resource_server", "SMS API", "--json"))
    assert made["name"] == "SMS API"
    authorization = basic(made["resource_server_id"], made["resource_server_secret"])
    assert post(client, "/oauth/introspect", authorization, token="x").content == b'{"active": false}'


def test_a_resource_server_in_words() -> None:
    assert run("create_resource_server", "SMS API").startswith("name: SMS API\nresource_server_id: ")


def test_a_name_is_taken_once() -> None:
    run("create_resource_server", "SMS API")
    with pytest.raises(CommandError, match="There is a resource server of this name"):
        run("create_resource_server", "SMS API")
    assert ResourceServer.objects.count() == 1


def test_an_api_key_works_at_once(client: Client) -> None:
    account = make_account()
    made = json.loads(run("create_api_key", "--account", account.name, "--json"))
    assert (made["scopes"], made["expires_at"]) == ("all", None)
    response = client.get("/oauth/verify?scope=numbers", headers={"X-API-KEY": made["api_key"]})
    assert (response.status_code, response["X-Account-Id"]) == (200, str(account.pk))


def test_an_api_key_with_scopes_and_an_end(client: Client) -> None:
    end = (now() + timedelta(days=10)).date()
    options = ["--name", "CRM", "--scopes", "groups sms", "--expires", f"{end}"]
    made = json.loads(run("create_api_key", "--account", make_account().name, *options, "--json"))
    assert (made["name"], made["scopes"]) == ("CRM", "sms groups")
    assert made["expires_at"] == f"{end}T00:00:00+00:00"
    response = client.get("/oauth/verify?scope=numbers", headers={"X-API-KEY": made["api_key"]})
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--account", "Nobody"], "no account named"),
        (["--scopes", "sms fax"], "no scope “fax”"),
        (["--scopes", ""], "Choose at least one scope"),
        (["--expires", "soon"], "not a date or time"),
        (["--expires", "2020-01-01"], "in the future"),
        (["--name", "a" * 101], "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_and_no_key_is_made(options: list[str], complaint: str) -> None:
    account = make_account()
    with pytest.raises(CommandError, match=complaint):
        run("create_api_key", "--account", account.name, *options)
    assert not APIKey.objects.exists()
