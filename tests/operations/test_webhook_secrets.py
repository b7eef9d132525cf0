"""Signing secrets of webhooks: made once, rolled without a broken promise, kept encrypted, verified by others' code."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from applications.errors import AccessDenied, Conflict, DomainError, LimitReached
from applications.models import Application, AuditEvent, WebhookSecret
from applications.models.audit import Action, ActorKind
from applications.operations.actors import OPERATOR, Actor, Limits
from applications.operations.applications import delete_application
from applications.operations.webhook_secrets import (
    roll_webhook_secret,
    signed_headers,
    switch_webhook_signing,
)
from applications.rules.sealing import CannotUnseal
from tests.factories import make_account, make_application

BODY = b'{"event": "dlr_update", "data": []}'
MORNING = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture
def application(db: None) -> Application:
    return make_application(make_account())[0]


def roll(application: Application, **more: Any) -> str:
    return roll_webhook_secret(application=application, actor=OPERATOR, **more)


def delivery(application: Application, at: datetime | None = None) -> dict[str, str]:
    return signed_headers(
        application_id=application.pk, webhook_id="msg_1", at=at or datetime.now(UTC), body=BODY
    )


def takes(secret: str, headers: dict[str, str]) -> bool:
    """Whether a receiver with this secret takes a delivery now."""
    try:
        Webhook(secret).verify(BODY, headers)
    except WebhookVerificationError:
        return False
    return True


# --- Making and rolling -------------------------------------------------------------------------


def test_the_first_secret_signs_from_then_on(application: Application) -> None:
    secret = roll(application)
    headers = delivery(application)
    assert takes(secret, headers)
    assert set(headers) == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert headers["webhook-signature"].count("v1,") == 1
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.details, event.target) == (
        Action.WEBHOOK_SECRET_ROLLED,
        {},
        application.name,
    )
    assert secret not in str(list(AuditEvent.objects.values()))


def test_before_there_is_one_nobody_takes_what_is_sent(application: Application) -> None:
    headers = delivery(application)
    assert headers["webhook-signature"].startswith("v1,")
    assert WebhookSecret.objects.count() == 0
    assert not takes(roll(application), headers)


def test_the_secret_before_signs_for_24_hours_more_and_the_newer_signature_is_first(
    application: Application,
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        first, second = roll(application), roll(application)
        clock.shift(timedelta(hours=23, minutes=59))
        headers = delivery(application)
        assert takes(first, headers)
        assert takes(second, headers)
        newest = headers["webhook-signature"].split()[0]
        assert takes(second, headers | {"webhook-signature": newest})
        clock.shift(timedelta(minutes=1))
        headers = delivery(application)
        assert not takes(first, headers)
        assert takes(second, headers)
    event = AuditEvent.objects.latest("pk")
    assert event.details["old"] == application.webhook_secrets.earliest("pk").hint
    assert event.details["stops"].startswith("2026-11-27T09:00")


def test_rolling_again_breaks_no_promise_and_a_fourth_is_refused_with_the_time(
    application: Application,
) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        secrets = [roll(application)]
        for _number in range(2):
            clock.shift(timedelta(hours=1))
            secrets.append(roll(application))
        headers = delivery(application)
        assert [takes(secret, headers) for secret in secrets] == [True, True, True]
        with pytest.raises(LimitReached, match="after 2026-11-27 10:00:00 UTC"):
            roll(application)
        clock.move_to(MORNING + timedelta(hours=25))
        secrets.append(roll(application))
        headers = delivery(application)
        assert [takes(secret, headers) for secret in secrets] == [False, True, True, True]
    assert application.webhook_secrets.count() == 3  # what has ended is gone


def test_a_double_click_makes_one_secret(application: Application) -> None:
    roll(application, current=0)
    with pytest.raises(Conflict):
        roll(application, current=0)
    shown = application.webhook_secrets.get().pk
    roll(application, current=shown)
    with pytest.raises(Conflict):
        roll(application, current=shown)
    assert application.webhook_secrets.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_four_at_once_three_are_made() -> None:
    application = make_application(make_account())[0]

    def attempt(_number: int) -> bool:
        try:
            roll(application)
        except LimitReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(attempt, range(4)))
    assert sorted(made) == [False, True, True, True]
    assert application.webhook_secrets.filter(expires_at=None).count() == 1


def test_applications_have_secrets_of_their_own_which_go_with_them(application: Application) -> None:
    other = make_application(application.account)[0]
    secret = roll(application)
    roll(other)
    assert not takes(secret, delivery(other))
    delete_application(application=application, actor=OPERATOR)
    assert WebhookSecret.objects.count() == 1


# --- Permission ---------------------------------------------------------------------------------


def by_credential(application: Application, *scopes: str) -> Actor:
    limits = Limits(application.account_id, scopes, application.pk, None, timedelta(hours=1))
    return Actor(ActorKind.APPLICATION, application.application_id, limits=limits)


def test_who_may_roll(application: Application) -> None:
    viewer = Actor(ActorKind.USER, "bob@marlowe.example", may_change=False)
    calls: list[Callable[[Actor], object]] = [
        lambda actor: roll_webhook_secret(application=application, actor=actor),
        lambda actor: switch_webhook_signing(application=application, signed=False, actor=actor),
    ]
    for call in calls:
        for actor in (viewer, by_credential(application, "sms", "applications")):
            with pytest.raises(AccessDenied):
                call(actor)
        elsewhere = make_application(
            make_account(f"Other {calls.index(call)}", f"o{calls.index(call)}@x.example")
        )[0]
        with pytest.raises(DomainError):
            call(by_credential(elsewhere, "sms", "groups"))
        assert (
            WebhookSecret.objects.count(),
            AuditEvent.objects.filter(action__startswith="webhook").count(),
        ) == (
            0,
            0,
        )
    for call in calls:
        call(by_credential(application, "sms", "groups", "applications"))


# --- At rest ------------------------------------------------------------------------------------


def test_a_secret_is_encrypted_in_the_table(application: Application) -> None:
    secret = roll(application)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM applications_webhooksecret")
        stored = str(cursor.fetchall())
    assert secret not in stored
    assert secret.removeprefix("whsec_")[:20] not in stored
    assert application.webhook_secrets.get().value == secret
    assert str(application.webhook_secrets.get()) == f"••••{secret.rstrip('=')[-4:]}"


def test_keys_are_changed_one_after_the_other(application: Application, settings: Settings) -> None:
    old, new = settings.ENCRYPTION_KEYS, ["another key of thirty-two characters"]
    secrets = [roll(application), roll(application)]
    settings.ENCRYPTION_KEYS = [*new, *old]
    assert all(takes(secret, delivery(application)) for secret in secrets)
    out = StringIO()
    call_command("reseal", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"second_factors": 0, "webhook_secrets": 2}
    settings.ENCRYPTION_KEYS = new
    assert all(takes(secret, delivery(application)) for secret in secrets)
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(CannotUnseal, match="ENCRYPTION_KEYS"):
        delivery(application)


# --- Unsigned -----------------------------------------------------------------------------------


def test_an_application_may_want_no_signature(application: Application) -> None:
    secret = roll(application)
    switch_webhook_signing(application=application, signed=False, actor=OPERATOR)
    assert set(delivery(application)) == {"webhook-id", "webhook-timestamp"}
    switch_webhook_signing(application=application, signed=True, actor=OPERATOR)
    switch_webhook_signing(application=application, signed=True, actor=OPERATOR)
    assert takes(secret, delivery(application))
    actions = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions)[-3:] == ["webhook_secret:roll", "webhooks:stop_signing", "webhooks:sign"]


def test_signing_is_two_queries(application: Application, django_assert_num_queries: Any) -> None:
    for _number in range(3):
        roll(application)
    with django_assert_num_queries(2):
        delivery(application)


def test_the_time_is_that_of_the_attempt(application: Application) -> None:
    secret = roll(application)
    old = delivery(application, datetime.now(UTC) - timedelta(minutes=6))
    assert not takes(secret, old)
    assert takes(secret, delivery(application, datetime.now(UTC) - timedelta(minutes=4)))
