"""What a purge deletes, and what it leaves."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now
from pytest_django import Settings

from applications.models import (
    AccessToken,
    Account,
    Delivery,
    DeliveryAttempt,
    EventCount,
    Invitation,
    Refusal,
    SignInFailures,
    WebhookDay,
    refusals,
)
from applications.models.usage import Reason
from applications.operations import sweeping, usage, usage_writing
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.attempts import finish_attempts
from applications.operations.deliveries import claim_deliveries
from applications.operations.invitations import purge_invitations
from applications.operations.purge import purge_deliveries, purge_refusals, purge_sessions, purge_tokens
from applications.operations.sign_in import purge_sign_in
from applications.operations.tokens import revoke_all_tokens, revoke_token
from tests.factories import make_account, make_application, make_token
from tests.webhooks import came, hand_over, set_url

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("death", ["expiry", "revocation", "revocation of all", "deletion"])
def test_a_dead_token_is_deleted(death: str) -> None:
    application, _secret = make_application(make_account())
    token = make_token(application, issued_at=now() - timedelta(days=death == "expiry", seconds=1))
    if death == "revocation":
        revoke_token(token=token, actor=OPERATOR)
    elif death == "revocation of all":
        revoke_all_tokens(application=application, actor=OPERATOR)
    elif death == "deletion":
        delete_application(application=application, actor=OPERATOR)
    assert purge_tokens() == 1
    assert not AccessToken.objects.exists()


def test_a_token_that_may_work_again_is_left() -> None:
    application, _secret = make_application(make_account())
    make_token(application)
    make_token(application, lives=None)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    assert purge_tokens() == 0
    assert AccessToken.objects.count() == 2


def test_a_token_is_kept_for_as_long_as_the_operator_wants(settings: Settings) -> None:
    application, _secret = make_application(make_account())
    for days in (2.5, 4.5):  # ended 1.5 and 3.5 days ago
        make_token(application, issued_at=now() - timedelta(days=days))
    revoke_token(token=make_token(application), actor=OPERATOR)
    settings.TOKEN_KEEP_DAYS = 3
    assert [purge_tokens(), AccessToken.objects.count()] == [1, 2]
    settings.TOKEN_KEEP_DAYS = 1
    assert [purge_tokens(), AccessToken.objects.count()] == [1, 1]
    settings.TOKEN_KEEP_DAYS = 0
    assert purge_tokens() == 1


def test_a_purge_rests_after_what_it_deletes_and_not_after_what_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    clock = SimpleNamespace(sleep=rests.append, monotonic=time.monotonic)
    monkeypatch.setattr(sweeping, "time", clock)
    application, _secret = make_application(make_account())
    for days in (2, 0, 2, 0, 0, 2, 2, 0):
        make_token(application, issued_at=now() - timedelta(days=days))
    with CaptureQueriesContext(connection) as queries:
        assert purge_tokens(batch=2) == 4
    assert len(rests) == 2
    assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 3
    with CaptureQueriesContext(connection) as queries:
        assert purge_tokens(batch=2) == 0
    assert (len(queries), len(rests)) == (1, 2)


def test_refusals_are_deleted_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    account = make_account()
    for number in range(5):
        keep_refusal(account, number, age=timedelta(days=8))
    keep_refusal(account, 5, age=timedelta(days=6))
    assert purge_refusals() == 0
    settings.REFUSAL_KEEP_DAYS = 7
    with CaptureQueriesContext(connection) as queries:
        assert purge_refusals(batch=2, pause=0) == 5
    assert len([query for query in queries if query["sql"].startswith("DELETE")]) == 3
    assert Refusal.objects.get().request_id == "5"


@pytest.mark.parametrize(("kept", "deleted"), [(1, 2), (3, 1), (9, 0)])
def test_each_kind_has_a_setting_for_how_long_it_stays(kept: int, deleted: int, settings: Settings) -> None:
    settings.SESSION_KEEP_DAYS = settings.INVITATION_KEEP_DAYS = settings.THROTTLE_KEEP_DAYS = kept
    account = make_account()
    for days in (2, 5):
        ended = now() - timedelta(days=days)
        Session.objects.create(session_key=str(days), session_data="", expire_date=ended)
        SignInFailures.objects.create(subject=str(days), began=int(ended.timestamp()), number=1)
        Invitation.objects.create(
            account=account,
            email=f"{days}@marlowe.example",
            role="viewer",
            digest=str(days).encode(),
            expires_at=ended,
        )
    assert [purge_sessions(), purge_sign_in(), purge_invitations()] == [deleted] * 3


def test_refusals_are_kept_for_30_days_and_the_newest_of_each_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusals, "MAX_PER_ACCOUNT", 3)
    one, two = make_account(), make_account("Elsewhere", "charlie@elsewhere.example")
    for number in range(5):
        keep_refusal(one, number, age=timedelta(days=30.5 - number))
    keep_refusal(two, 5, age=timedelta(days=29))
    keep_refusal(two, 6, age=timedelta(days=31))
    assert purge_refusals() == 3
    left = Refusal.objects.values_list("request_id", flat=True).order_by("pk")
    assert list(left) == ["2", "3", "4", "5"]


def keep_refusal(account: Account, number: int, age: timedelta) -> None:
    Refusal.objects.create(account=account, reason="scope", request_id=str(number), created_at=now() - age)


def test_an_account_that_is_refused_very_often_is_trimmed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_PER_ACCOUNT", 3)
    monkeypatch.setattr(usage_writing, "TRIM_AFTER", 5)
    application, _secret = make_application(make_account())
    for number in range(5):
        usage.record_refusal(application.pk, Reason.SCOPE, ip="192.0.2.1", request_id=str(number))
    usage.flush()
    assert Refusal.objects.count() == 3


def test_of_many_alike_at_once_some_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_writing, "MAX_ALIKE", 2)
    application, _secret = make_application(make_account())
    for number in range(5):
        usage.record_refusal(application.pk, Reason.SCOPE, ip="192.0.2.1", request_id=str(number))
    usage.flush()
    assert Refusal.objects.count() == 2
    assert application.daily_usage.get().count == 5


def test_deliveries_are_kept_for_30_days_and_while_they_wait(settings: Settings) -> None:
    application, _secret = make_application(make_account())
    set_url(application)
    for days in (31, 29):
        hand_over(application, {"msgId": str(days)})
        finish_attempts(attempts=[came(job) for job in claim_deliveries(most=9, most_doubtful=9)])
        Delivery.objects.filter(pk=newest()).update(created_at=now() - timedelta(days=days))
    hand_over(application)
    Delivery.objects.filter(pk=newest()).update(created_at=now() - timedelta(days=31))
    WebhookDay.objects.update(day=now() - timedelta(days=31))
    EventCount.objects.create(day=now() - timedelta(days=31), application_pk=1, reason="no_url", number=1)
    assert purge_deliveries(batch=1, pause=0) == 1
    assert (Delivery.objects.count(), DeliveryAttempt.objects.count()) == (2, 1)
    assert (WebhookDay.objects.count(), EventCount.objects.count()) == (0, 0)
    settings.WEBHOOK_KEEP_DAYS = 28
    assert purge_deliveries() == 1
    assert purge_deliveries() == 0


def newest() -> int:
    return Delivery.objects.latest("pk").pk


def test_deliveries_of_a_deleted_application_go() -> None:
    application, _secret = make_application(make_account())
    set_url(application)
    hand_over(application)
    delete_application(application=application, actor=OPERATOR)
    assert purge_deliveries() == 1
    assert purge_deliveries() == 0
