"""What `manage.py check` says: a server for others must not be able to call its own network."""

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

pytestmark = pytest.mark.django_db  # Django's own checks look at the database


def found(*, deploy: bool) -> list[CheckMessage]:
    messages = run_checks(include_deployment_checks=deploy)
    return [message for message in messages if str(message.id).startswith("latchkey")]


@pytest.mark.parametrize("is_on", [True, False])
def test_a_deployment_is_warned_of_insecure_callbacks(is_on: bool, settings: Settings) -> None:
    settings.CALLBACK_INSECURE = is_on
    assert ("latchkey.W001" in [message.id for message in found(deploy=True)]) == is_on
    assert found(deploy=False) == []


def test_a_wrong_name_server_stops_the_start(settings: Settings) -> None:
    settings.CALLBACK_NAMESERVERS = ["192.0.2.53", "dns.example.com"]
    (error,) = found(deploy=False)
    assert error.id == "latchkey.E001"
    assert "dns.example.com" in str(error)
    assert error.is_serious()
