"""Leasing deliveries and storing what came of attempts: order, merging, limits, retries, and what ends a delivery."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db.models import F
from django.test import TestCase

from applications.models import (
    Account,
    Application,
    AttemptCount,
    AuditEvent,
    Delivery,
    DeliveryAttempt,
    Webhook,
    WebhookDay,
)
from applications.models.audit import Action, ActorKind
from applications.models.deliveries import EndReason, State, database_time
from applications.models.memberships import Role
from applications.operations import deliveries
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.attempts import LONGEST_ANSWER, finish_attempts
from applications.operations.audit_checks import check_chains
from applications.operations.deliveries import Job, begin_attempt, claim_deliveries, release_deliveries
from applications.operations.webhooks import set_webhook_options, switch_on_webhook
from applications.rules.attempts import DELAYS, is_success, next_delay, outcome
from tests.factories import make_account, make_application, make_member, make_user
from tests.webhooks import URL, came, hand_over, only, set_url


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def application(account: Account) -> Application:
    """An application with a URL for delivery reports of SMS."""
    made = make_application(account)[0]
    set_url(made)
    return made


def claim(most: int = 100, most_doubtful: int = 100, begin: bool = True) -> list[Job]:
    return claim_deliveries(most=most, most_doubtful=most_doubtful, begin=begin)


def answer(jobs: Sequence[Job], status: int | None = 200, error: str = "", **more: Any) -> int:
    return finish_attempts(attempts=[came(job, status, error, **more) for job in jobs])


def make_due(**past: float) -> None:
    """Let what waits be due now."""
    Delivery.objects.waiting().update(next_attempt_at=database_time() - timedelta(**(past or {"seconds": 1})))


def make_good(application: Application) -> None:
    """Let the receiver have answered."""
    hand_over(application, {"msgId": "first"})
    answer(claim())


# --- Leasing ------------------------------------------------------------------------------------


def test_a_delivery_is_leased_once_with_all_there_is_to_send(application: Application) -> None:
    hand_over(application, {"msgId": "1", "text": "ș"})
    (job,) = claim()
    assert (job.url, job.number, job.is_doubtful) == (URL, 1, True)
    assert job.body == '{"event":"dlr_update","data":[{"msgId":"1","text":"ș"}]}'.encode()
    assert claim() == []
    assert only().is_under_way


def test_what_waits_for_one_url_is_merged(application: Application) -> None:
    for number in range(5):
        hand_over(application, {"msgId": str(number)})
    hand_over(application, *({"msgId": f"x{number}"} for number in range(196)))
    (job,) = claim()
    assert job.body.count(b"msgId") == 5, "with 196 more they would be over 200"
    assert Delivery.objects.count() == 2
    stored = Delivery.objects.get(pk=job.delivery_pk)
    assert (stored.object_count, len(stored.keys.split())) == (5, 5)
    answer([job])
    assert [job.body.count(b"msgId") for job in claim()] == [196]


def test_merged_bodies_stay_small(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_BYTES_MERGED", 120)
    for number in range(4):
        hand_over(application, {"msgId": str(number), "text": "x" * 30})
    assert [job.body.count(b"msgId") for job in claim()] == [2]
    assert Delivery.objects.count() == 3


def test_events_of_two_kinds_are_not_merged(application: Application) -> None:
    set_url(application, setting="shortlinks_callback")
    for event in ("shortlink_hit", "shortlink_hit_update", "shortlink_hit"):
        hand_over(application, {"hitId": event}, event=event, channel="")
    Webhook.objects.update(succeeded_at=database_time())
    assert sorted(job.body.count(b"hitId") for job in claim()) == [1, 2]


def test_what_was_sent_before_is_never_changed(application: Application) -> None:
    hand_over(application, {"msgId": "1"})
    answer(claim(), 500)
    make_due()
    hand_over(application, {"msgId": "2"})
    (job,) = claim()
    assert job.body.count(b"msgId") == 1


def test_four_requests_to_a_url_at_once_and_one_until_it_has_answered(application: Application) -> None:
    for number in range(6):
        hand_over(application, *({"msgId": f"{number}-{each}"} for each in range(150)))
    (first,) = claim()
    answer([first])
    assert len(claim()) == 4
    assert claim() == []
    assert Delivery.objects.waiting().count() == 5


def test_the_order_of_events_about_one_message_is_kept(application: Application) -> None:
    make_good(application)
    big = [{"msgId": f"a{number}"} for number in range(199)]
    for data in (
        [{"msgId": "1"}, *big],
        [{"msgId": "2"}, *big],
        [{"msgId": "1", "then": True}],
        [{"msgId": "3"}],
    ):
        hand_over(application, *data)
    first, other = claim()
    assert (b'"1"' in first.body, b'"3"' in other.body) == (True, True)
    assert claim() == [], "the second is about what is under way, the third too"
    answer([other])
    assert claim() == []
    answer([first], 500)
    assert [b'"2"' in job.body for job in claim()] == [True], "a failure holds nobody up"


def test_a_room_is_kept_for_receivers_that_answer(account: Account, application: Application) -> None:
    make_good(application)
    for number in range(3):
        dead = make_application(account, name=f"Dead {number}")[0]
        set_url(dead)
        hand_over(dead)
    hand_over(application)
    assert len(claim(most_doubtful=2)) == 3
    assert [job.is_doubtful for job in claim()] == [True]


def test_the_longest_wait_comes_first(account: Account, application: Application) -> None:
    other = make_application(account, name="Other")[0]
    set_url(other)
    hand_over(application)
    hand_over(other)
    Delivery.objects.filter(application=other).update(next_attempt_at=database_time() - timedelta(hours=1))
    assert [job.application_pk for job in claim(most=1)] == [other.pk]


def test_a_lease_ends_by_the_databases_clock_alone(application: Application) -> None:
    hand_over(application)
    (dead,) = claim()
    with time_machine.travel(database_time() + timedelta(days=3)):
        assert claim() == [], "the clock of this machine jumped"
        hand_over(application, {"msgId": "2"})
        assert only_other(dead).next_attempt_at <= database_time()
    Delivery.objects.filter(pk=dead.delivery_pk).update(next_attempt_at=F("created_at"))
    (again, *_rest) = claim()
    assert (again.delivery_pk, again.key) == (dead.delivery_pk, dead.key)
    assert again.lease != dead.lease
    assert answer([dead]) == 0, "who lost its lease stores nothing"
    assert answer([again]) == 1
    assert Delivery.objects.get(pk=again.delivery_pk).attempts == 1


def only_other(job: Job) -> Any:
    return Delivery.objects.exclude(pk=job.delivery_pk).get()


def test_what_is_released_is_due_at_once(application: Application) -> None:
    hand_over(application)
    jobs = claim()
    release_deliveries(jobs=jobs)
    assert only().lease is None
    (again,) = claim()
    release_deliveries(jobs=jobs)
    assert only().lease == again.lease, "the lease of another stays"


def test_a_reserved_delivery_is_begun_once(application: Application) -> None:
    hand_over(application)
    (reserved,) = claim(begin=False)
    job = begin_attempt(delivery_pk=reserved.delivery_pk)
    assert job
    assert begin_attempt(delivery_pk=reserved.delivery_pk) is None, "a message that came twice"
    assert answer([reserved]) == 0
    assert answer([job]) == 1
    assert begin_attempt(delivery_pk=reserved.delivery_pk) is None
    assert begin_attempt(delivery_pk=10**9) is None


@pytest.mark.parametrize("how", ["removed", "disabled", "deleted"])
def test_a_message_about_what_may_not_be_sent_any_more(application: Application, how: str) -> None:
    hand_over(application)
    (reserved,) = claim(begin=False)
    spoil(application, how)
    assert begin_attempt(delivery_pk=reserved.delivery_pk) is None
    claim()
    assert only().state == State.FAILED


# --- Other URLs, and none -----------------------------------------------------------------------


def spoil(application: Application, how: str) -> None:
    if how == "removed":
        set_url(application, "")
    elif how == "disabled":
        switch_application(application=application, enabled=False, actor=OPERATOR)
    elif how == "deleted":
        delete_application(application=application, actor=OPERATOR)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("removed", EndReason.URL_REMOVED),
        ("disabled", EndReason.DISABLED),
        ("deleted", EndReason.DELETED),
    ],
)
def test_what_waits_ends_and_says_why(application: Application, how: str, reason: EndReason) -> None:
    hand_over(application)
    spoil(application, how)
    assert claim() == []
    ended = only()
    assert (ended.state, ended.end_reason, ended.next_attempt_at) == (State.FAILED, reason, None)
    assert ended.data, "it can be sent again"


def test_an_application_that_is_deleted_while_its_event_is_under_way(application: Application) -> None:
    hand_over(application)
    jobs = claim()
    spoil(application, "deleted")
    assert answer(jobs, 500) == 1
    assert only().end_reason == EndReason.DELETED


def test_the_url_that_is_set_now_is_used(application: Application) -> None:
    hand_over(application)
    answer(claim(), 500)
    assert Webhook.objects.get().failing_since is not None
    set_url(application, URL + "/new")
    make_due()
    (job,) = claim()
    assert job.url == URL + "/new"
    assert Webhook.objects.get().failing_since is None, "of the new one nothing is known"
    answer([job])
    assert only().url == URL + "/new"
    assert list(DeliveryAttempt.objects.values_list("url", flat=True)) == [URL, URL + "/new"]


def test_an_answer_of_the_url_before_says_nothing_about_the_new_one(application: Application) -> None:
    hand_over(application)
    old = claim()
    set_url(application, URL + "/new")
    hand_over(application, {"msgId": "2"})
    Webhook.objects.update(url=URL + "/new")
    answer(old, 410)
    assert Webhook.objects.get().off_at is None


# --- What came ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(application: Application, status: int) -> None:
    hand_over(application)
    answer(claim(), status)
    ended = only()
    assert (ended.state, ended.status, ended.attempts, ended.keys) == (State.DELIVERED, status, 1, "")
    webhook = Webhook.objects.get()
    assert (webhook.is_good, webhook.failures) == (True, 0)
    tried = DeliveryAttempt.objects.get()
    assert (tried.number, tried.status, tried.body, tried.answer_bytes) == (1, status, "{}", 2)
    assert (tried.headers, tried.answer_headers) == ([["webhook-id", ended.key]], [["X-A", "b"]])


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, ""),
        (307, ""),
        (304, ""),
        (400, ""),
        (404, ""),
        (429, ""),
        (500, ""),
        (None, "timeout"),
        (200, "closed"),
    ],
)
def test_what_else_is_tried_again(application: Application, status: int | None, error: str) -> None:
    hand_over(application)
    answer(claim(), status, error)
    waits = only()
    assert (waits.state, waits.status, waits.error, waits.tries) == (State.WAITING, status, error, 1)
    assert waits.next_attempt_at
    assert 4 < (waits.next_attempt_at - database_time()).total_seconds() < 6
    assert AttemptCount.objects.get().outcome == outcome(status, error)


def test_the_waits_grow_as_published_and_have_an_end(application: Application) -> None:
    hand_over(application)
    waits = []
    for _try in DELAYS:
        make_due()
        answer(claim(), 503)
        waits.append(only().next_attempt_at - database_time())  # type: ignore[operator]  # it waits
    for wait, delay in zip(waits, DELAYS, strict=True):
        assert delay - timedelta(seconds=1) < wait < delay * 1.1 + timedelta(seconds=1)
    make_due()
    answer(claim(), 503)
    ended = only()
    assert (ended.state, ended.end_reason, ended.attempts) == (State.FAILED, EndReason.GIVEN_UP, 9)
    assert len({next_delay(1, None) for _draw in range(9)}) > 1, "jitter"


def test_a_receiver_that_asks_for_more_time_gets_it(application: Application) -> None:
    hand_over(application)
    answer(claim(), 429, retry_after=86_400)
    assert only().next_attempt_at > database_time() + timedelta(hours=23, minutes=59)  # type: ignore[operator]
    assert next_delay(2, 1) >= DELAYS[1]  # type: ignore[operator]  # and never less than without


def test_410_switches_the_url_off(account: Account, application: Application) -> None:
    make_member(account, make_user("ada@marlowe.example"), Role.ADMIN)
    make_member(account, make_user("bob@marlowe.example"), Role.VIEWER)
    hand_over(application)
    hand_over(application, {"msgId": "2"})
    jobs = claim()
    hand_over(application, {"msgId": "3"})
    mails = committed(lambda: answer(jobs, 410))
    webhook = Webhook.objects.get()
    assert (webhook.off_reason, webhook.is_off(URL)) == ("gone", True)
    assert Delivery.objects.get(pk=jobs[0].delivery_pk).end_reason == EndReason.GONE
    assert claim() == []
    assert {each.end_reason for each in Delivery.objects.all()} == {EndReason.GONE, EndReason.SWITCHED_OFF}
    assert sorted(to for sent in mails for to in sent.to) == ["ada@marlowe.example", "alice@marlowe.example"]
    assert "410 (Gone)" in str(mails[0].body)
    assert application.name in mails[0].subject
    (row,) = AuditEvent.objects.filter(account=account, action=Action.WEBHOOK_SWITCHED_OFF)
    assert (row.actor_kind, row.application_id) == (ActorKind.SERVER, application.application_id)
    assert row.details == {"setting": "sms_dlr_callback", "reason": "gone"}
    assert check_chains(account).breaks == []


def committed(call: Any) -> Any:
    """What was mailed once the transaction was stored."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        call()
    return mail.outbox


def test_after_five_days_of_failures_the_url_is_switched_off(application: Application) -> None:
    hand_over(application)
    answer(claim(), 500)
    age(days=4, hours=23)
    mails = committed(lambda: answer(claim(), 500))
    assert (Webhook.objects.get().off_at, mails) == (None, [])
    age(hours=2)
    mails = committed(lambda: answer(claim(), 500))
    assert Webhook.objects.get().off_reason == "failing"
    assert only().end_reason == EndReason.SWITCHED_OFF
    assert len(mails) == 1
    assert "5 days" in str(mails[0].body)
    (row,) = AuditEvent.objects.filter(action=Action.WEBHOOK_SWITCHED_OFF)
    assert row.details["reason"] == "failing"


def age(**span: float) -> None:
    Webhook.objects.update(failing_since=F("failing_since") - timedelta(**span))
    make_due()


def test_a_success_ends_the_failing(application: Application) -> None:
    hand_over(application)
    answer(claim(), 500)
    age(days=6)
    answer(claim())
    assert Webhook.objects.get().is_good


def test_switched_on_again_it_begins_anew(application: Application) -> None:
    hand_over(application)
    answer(claim(), 410)
    webhook = Webhook.objects.get()
    switch_on_webhook(application=application, webhook=webhook, actor=OPERATOR)
    assert hand_over(application, {"msgId": "2"}).deliveries == 1
    assert len(claim()) == 1


def test_days_and_outcomes_are_counted(application: Application) -> None:
    for status in (200, 500, 200):
        hand_over(application, {"msgId": str(status)})
        make_due()
        answer(claim(), status)
    day = WebhookDay.objects.get()
    assert (day.succeeded, day.failed, day.milliseconds) == (2, 1, 36)
    assert AttemptCount.by_outcome() == {"delivered": 2, "5xx": 1}


def test_bodies_can_be_kept_out_of_the_log(application: Application) -> None:
    set_webhook_options(application=application, keeps_bodies=False, actor=OPERATOR)
    hand_over(application)
    answer(claim(), 500, answer=b"secret")
    assert only().data, "it waits, so that it can be sent"
    make_due()
    answer(claim(), 200, answer=b"secret")
    assert (only().data, only().can_be_sent_again) == ("", False)
    assert [each.body for each in DeliveryAttempt.objects.all()] == ["", ""]
    assert [each.answer_bytes for each in DeliveryAttempt.objects.all()] == [6, 6]


def test_an_answer_that_no_database_takes(application: Application) -> None:
    hand_over(application)
    answer(claim(), 200, answer=b"\0\xff" + b"x" * 70_000)
    tried = DeliveryAttempt.objects.get()
    assert tried.body.startswith("\ufffd\ufffdx")
    assert (len(tried.body), tried.answer_bytes) == (LONGEST_ANSWER, 70_002)


def test_the_outcomes() -> None:
    assert [outcome(204, ""), outcome(302, ""), outcome(404, ""), outcome(200, "closed")] == [
        "delivered",
        "3xx",
        "4xx",
        "closed",
    ]
    assert not is_success(None, "")


def test_looking_costs_the_same_for_many(account: Account, django_assert_num_queries: Any) -> None:
    application = make_application(account)[0]
    set_url(application)
    for number in range(60):
        hand_over(application, *({"msgId": f"{number}-{each}"} for each in range(110)))
    began = time.monotonic()
    with django_assert_num_queries(11):
        assert len(claim()) == 1
    assert time.monotonic() - began < 5
