"""Sending again: one delivery, or all that failed in a time, whoever carries it out; and what nobody can send again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import Application, AuditEvent, Delivery, Redelivery, Webhook
from applications.models.audit import Action
from applications.models.deliveries import State, database_time, waiting
from applications.operations import redelivery
from applications.operations.actors import OPERATOR
from applications.operations.attempts import finish_attempts
from applications.operations.deliveries import claim_deliveries
from applications.operations.redelivery import carry_on_redelivery, redeliver, start_redelivery
from applications.operations.webhooks import set_webhook_options, switch_on_webhook
from tests.factories import make_account, make_application
from tests.webhooks import URL, came, hand_over, only, set_url


@pytest.fixture
def application(db: None) -> Application:
    made = make_application(make_account())[0]
    set_url(made)
    return made


def fail(application: Application, number: int = 1) -> None:
    """Let so many deliveries fail for good."""
    hand_over(application, *({"msgId": str(each)} for each in range(200 * number)))
    Webhook.objects.update(succeeded_at=database_time(), failing_since=None)
    while jobs := claim_deliveries(most=100, most_doubtful=100):
        Delivery.objects.filter(pk__in=[job.delivery_pk for job in jobs]).update(tries=8)
        finish_attempts(attempts=[came(job, 500) for job in jobs])
        Webhook.objects.update(succeeded_at=database_time(), failing_since=None)


def start(application: Application, **more: Any) -> Redelivery:
    since = database_time() - timedelta(hours=1)
    return start_redelivery(**{"application": application, "since": since, "actor": OPERATOR, **more})


def test_one_that_waits_is_sent_now(application: Application) -> None:
    hand_over(application)
    finish_attempts(attempts=[came(job, 500) for job in claim_deliveries(most=9, most_doubtful=9)])
    assert claim_deliveries(most=9, most_doubtful=9) == []
    again = redeliver(application=application, delivery=only(), actor=OPERATOR)
    assert (again.state, again.attempts, again.tries) == (State.WAITING, 1, 0)
    (job,) = claim_deliveries(most=9, most_doubtful=9)
    assert (job.number, job.key) == (2, again.key)


def test_one_that_is_being_sent_stays_with_its_worker(application: Application) -> None:
    hand_over(application)
    (job,) = claim_deliveries(most=9, most_doubtful=9)
    assert redeliver(application=application, delivery=only(), actor=OPERATOR).lease == job.lease
    assert claim_deliveries(most=9, most_doubtful=9) == []


def test_one_that_is_no_more(application: Application) -> None:
    hand_over(application)
    gone = only()
    Delivery.objects.all().delete()
    with pytest.raises(NotFound):
        redeliver(application=application, delivery=gone, actor=OPERATOR)


@pytest.mark.parametrize("spoilt", ["body", "url", "off", "disabled"])
def test_what_cannot_be_sent_again(application: Application, spoilt: str) -> None:
    fail(application)
    if spoilt == "body":
        Delivery.objects.update(data="")
    elif spoilt == "url":
        set_url(application, "")
    elif spoilt == "off":
        Webhook.objects.update(off_at=database_time(), off_reason="gone")
    else:
        Application.objects.update(is_enabled=False)
    with pytest.raises(Conflict):
        redeliver(application=application, delivery=only(), actor=OPERATOR)
    assert only().state == State.FAILED


def test_all_that_failed_is_sent_again_range_by_range(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "RANGE", 2)
    fail(application, 5)
    order = start(application)
    assert (order.total, order.done) == (5, 0)
    steps = []
    while carry_on_redelivery():
        order.refresh_from_db()
        steps.append((order.done, order.ended_at is not None))
    assert steps == [(2, False), (4, False), (5, False), (5, True)]
    assert Delivery.objects.waiting().count() == 5
    assert carry_on_redelivery() is False
    row = AuditEvent.objects.latest("pk")
    assert (row.action, row.details["deliveries"]) == (Action.DELIVERIES_REDELIVERED, 5)


def test_what_failed_before_or_after_stays(application: Application) -> None:
    fail(application, 3)
    first, second, third = Delivery.objects.order_by("pk")
    for delivery, hours in ((first, 3), (second, 2), (third, 0)):
        Delivery.objects.filter(pk=delivery.pk).update(created_at=F("created_at") - timedelta(hours=hours))
    moment = database_time()
    start(application, since=moment - timedelta(hours=2, minutes=30), until=moment - timedelta(hours=1))
    while carry_on_redelivery():
        pass
    assert list(Delivery.objects.waiting()) == [second]


def test_for_one_webhook(application: Application) -> None:
    fail(application)
    set_url(application, setting="optouts_callback")
    hand_over(application, event="new_optout", channel="")
    Delivery.objects.filter(event="new_optout").update(
        state=State.FAILED, end_reason="given_up", next_attempt_at=None, ended_at=database_time()
    )
    order = start(application, webhook=Webhook.objects.get(setting="optouts_callback"))
    while carry_on_redelivery():
        pass
    assert order.total == 1
    assert [delivery.event for delivery in Delivery.objects.waiting()] == ["new_optout"]


def test_one_order_of_an_application_at_a_time(application: Application) -> None:
    fail(application)
    start(application)
    with pytest.raises(Conflict):
        start(application)
    while carry_on_redelivery():
        pass
    start(application)


def test_a_time_that_has_not_come(application: Application) -> None:
    with pytest.raises(InvalidParam):
        start(application, since=database_time() + timedelta(minutes=1))
    with pytest.raises(InvalidParam):
        start(application, until=database_time() - timedelta(hours=2))


def test_a_webhook_of_another_application(application: Application) -> None:
    other = make_application(application.account)[0]
    hand_over(application)
    webhook = Webhook.objects.get()
    with pytest.raises(NotFound):
        switch_on_webhook(application=other, webhook=webhook, actor=OPERATOR)
    with pytest.raises(NotFound):
        redeliver(application=other, delivery=only(), actor=OPERATOR)


def test_what_differs_not_leaves_no_row(application: Application) -> None:
    hand_over(application)
    before = AuditEvent.objects.count()
    switch_on_webhook(application=application, webhook=Webhook.objects.get(), actor=OPERATOR)
    assert set_webhook_options(application=application, keeps_bodies=True, actor=OPERATOR).keeps_bodies
    assert AuditEvent.objects.count() == before
    set_webhook_options(application=application, keeps_bodies=False, actor=OPERATOR)
    assert AuditEvent.objects.latest("pk").details == {"keeps_bodies": [True, False]}


def test_how_many_wait_and_since_when(application: Application) -> None:
    assert (waiting().number, waiting().oldest) == (0, None)
    hand_over(application)
    oldest = only().created_at
    hand_over(application, {"msgId": "2"})
    assert (waiting().number, waiting().oldest) == (2, oldest)
    assert [webhook.setting for webhook in Webhook.objects.failing()] == []
    assert set(Webhook.objects.by_setting(application.pk)) == {"sms_dlr_callback"}
    assert Delivery.objects.all().matching(only_first().key[4:12].upper()).count() == 1
    assert Delivery.objects.all().matching("msg_").count() == 2
    assert Delivery.objects.all().matching(URL).count() == 0


def only_first() -> Delivery:
    return Delivery.objects.order_by("pk")[0]
