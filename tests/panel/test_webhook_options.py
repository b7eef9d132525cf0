"""Signing secrets on the Webhooks tab, the unsigned way, and what stays in the log."""

from typing import Any

import pytest
from django.test import Client

from applications.models import Application, AuditEvent, WebhookOptions, WebhookSecret
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.webhook_secrets import roll_webhook_secret
from tests.panel.addresses import confirm, of
from tests.panel.pages import text


def roll(client: Client, application: Application, current: Any = None) -> Any:
    found = WebhookSecret.objects.filter(application=application, expires_at=None).first()
    seen = (found.pk if found else 0) if current is None else current
    return client.post(of(application, "webhook_secret"), {"current": seen}, follow=True)


def test_making_one_asks_for_the_password_first(alice: Client, application: Application) -> None:
    answer = alice.get(of(application, "webhook_secret"))
    assert answer.status_code == 302
    assert "Make a signing secret for" in text(alice.get(answer["Location"]))
    roll(alice, application)
    assert not WebhookSecret.objects.exists()


def test_the_first_secret_is_shown_once(alice: Client, application: Application) -> None:
    confirm(alice)
    assert "It is shown once." in text(alice.get(of(application, "webhook_secret")))
    page = text(roll(alice, application))
    secret = WebhookSecret.objects.get()
    value = secret.value
    assert f"{value[:20]}<wbr>{value[20:]}" in page
    assert "How to check a signature" in page
    assert "I have saved the secret" in page
    after = text(alice.get(of(application, "webhooks")))
    assert value not in after
    assert value[20:] not in after
    assert f"Signed with secret <code>••••{secret.hint}</code>" in after
    assert "Make a signing secret first" not in after


def test_rolling_says_what_happens_to_the_old_one(alice: Client, application: Application) -> None:
    roll_webhook_secret(application=application, actor=OPERATOR)
    old = WebhookSecret.objects.get()
    confirm(alice)
    page = text(alice.get(of(application, "webhook_secret")))
    assert f"The one ending in <code>{old.hint}</code> signs beside it for 24 hours more" in page
    page = text(roll(alice, application))
    assert f"The one ending in <code>{old.hint}</code> signs beside it until" in page
    assert f"with <code>••••{old.hint}</code> too until" in text(alice.get(of(application, "webhooks")))


def test_a_double_click_makes_one_secret(alice: Client, application: Application) -> None:
    confirm(alice)
    roll(alice, application, current=0)
    page = text(roll(alice, application, current=0))
    assert "The signing secret was changed in the meantime." in page
    assert WebhookSecret.objects.count() == 1
    assert alice.post(of(application, "webhook_secret")).status_code == 400


def test_a_fourth_secret_says_when_there_is_room(alice: Client, application: Application) -> None:
    confirm(alice)
    for _time in range(3):
        roll(alice, application)
    assert "3 secrets sign webhooks at the moment" in text(roll(alice, application))
    assert WebhookSecret.objects.count() == 3


def test_the_unsigned_way_warns_and_can_be_left(alice: Client, application: Application) -> None:
    address = of(application, "webhook_signing")
    assert "your receiver cannot tell" in text(alice.get(address))
    page = text(alice.post(address, {"to": "off"}, follow=True))
    assert "Webhooks are sent without a signature" in page
    assert "Sent without a signature" in page
    assert "Make a signing secret first" not in page
    application.refresh_from_db()
    assert not application.signs_webhooks
    assert "Webhooks are signed" in text(alice.post(address, {"to": "on"}, follow=True))
    actions = list(AuditEvent.objects.order_by("-pk").values_list("action", flat=True)[:2])
    assert actions == [Action.WEBHOOKS_SIGNED, Action.WEBHOOKS_UNSIGNED]


def test_bodies_are_personal_data_and_may_be_left_out(alice: Client, application: Application) -> None:
    page = text(alice.get(of(application, "webhooks")))
    assert "Bodies hold texts of messages and phone numbers, which are personal data." in page
    address = of(application, "webhook_bodies")
    page = text(alice.post(address, {"to": "off"}, follow=True))
    assert "Bodies are thrown away once a delivery has ended." in page
    assert not WebhookOptions.of(Application.objects.get(pk=application.pk)).keeps_bodies
    alice.post(address, {"to": "on"})
    assert WebhookOptions.of(Application.objects.get(pk=application.pk)).keeps_bodies


@pytest.mark.parametrize("name", ["webhook_signing", "webhook_bodies"])
@pytest.mark.parametrize("sent", [{}, {"to": "perhaps"}])
def test_a_switch_is_turned_on_or_off(
    name: str, sent: dict[str, str], alice: Client, application: Application
) -> None:
    assert alice.post(of(application, name), sent).status_code == 400
