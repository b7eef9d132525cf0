"""The engine of one machine, in this process: what it sends, what it does while something fails, and how it ends."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from applications.delivery import storing
from applications.delivery import worker as engine
from applications.delivery.senders import Senders
from applications.delivery.worker import Worker
from applications.models import Application, Delivery, DeliveryAttempt
from applications.models.deliveries import State
from applications.operations.actors import OPERATOR
from applications.operations.redelivery import start_redelivery
from tests.factories import make_account, make_application
from tests.webhooks import URL, Answered, hand_over, only, set_url


@pytest.fixture
def application(db: None) -> Application:
    made = make_application(make_account())[0]
    set_url(made)
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(engine, "STORE_SECONDS", 0.02)


class Fake:
    """What sends in these tests: it takes notes, and answers what it is told to."""

    def __init__(
        self, answer: Answered | Exception | None = None, hold: threading.Event | None = None
    ) -> None:
        self.answer, self.hold = answer or Answered(), hold
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []

    def __call__(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
        self.sent.append((url, body, dict(headers)))
        if self.hold:
            self.hold.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def work(fake: Fake, requests: int = 16, grace: float = 5) -> Worker:
    worker = Worker(requests=requests, send=fake)
    worker.run(grace=grace, until_idle=True)
    return worker


def test_what_is_due_is_sent_and_stored(application: Application) -> None:
    hand_over(application, *({"msgId": str(number)} for number in range(450)))
    fake = Fake()
    work(fake)
    assert {delivery.state for delivery in Delivery.objects.all()} == {State.DELIVERED}
    assert sum(body.count(b"msgId") for _url, body, _headers in fake.sent) == 450
    url, _body, headers = fake.sent[0]
    assert (url, headers["content-type"]) == (URL, "application/json")
    assert headers["webhook-id"] == Delivery.objects.order_by("pk")[0].key
    assert DeliveryAttempt.objects.count() == 3


@pytest.mark.parametrize("error", [ValueError("a header"), RuntimeError("a mistake")])
def test_a_mistake_of_ours_is_an_attempt_that_failed(application: Application, error: Exception) -> None:
    hand_over(application)
    work(Fake(error))
    waits = only()
    assert (waits.state, waits.error, waits.lease) == (State.WAITING, "internal", None)


def test_a_delivery_that_cannot_be_signed(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(**_named: Any) -> Any:
        raise ValueError("no key fits")

    monkeypatch.setattr("applications.operations.sending.signed_headers", cannot)
    hand_over(application)
    fake = Fake()
    work(fake)
    assert (only().error, fake.sent) == ("signing", [])


@pytest.mark.parametrize("step", ["claim_deliveries", "finish_attempts", "headers_of"])
def test_while_the_database_does_not_answer_it_waits(
    application: Application, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = storing if step == "finish_attempts" else engine
    real, calls = getattr(owner, step), []

    def fails_twice(*arguments: Any, **named: Any) -> Any:
        calls.append(step)
        if len(calls) <= 2:
            raise OperationalError("the server closed the connection")
        return real(*arguments, **named)

    monkeypatch.setattr(owner, step, fails_twice)
    monkeypatch.setattr(
        "django.db.connections.close_all", lambda: None
    )  # the test's own transaction is on it
    hand_over(application)
    fake = Fake()
    worker = Worker(requests=4, send=fake)
    ending = threading.Timer(1.0, worker.stop)
    ending.start()
    if step == "headers_of":  # its lease is over after a minute, by the database's clock
        monkeypatch.setattr("applications.operations.deliveries.LEASE", timedelta(milliseconds=50))
    worker.run(grace=1)
    ending.cancel()
    assert only().state == State.DELIVERED
    assert len(fake.sent) == 1


def test_an_answer_that_cannot_be_stored_keeps_no_other_from_it(application: Application) -> None:
    set_url(application, setting="optouts_callback")
    hand_over(application)
    hand_over(application, event="new_optout", channel="")

    class Strange(Fake):
        def __call__(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
            super().__call__(url=url, body=body, headers=headers)
            return Answered(-1) if b"new_optout" in body else Answered(headers=(("X", "\ud800"),))

    work(Strange())
    ended = {delivery.event: delivery for delivery in Delivery.objects.all()}
    assert ended["new_optout"].error == "internal"
    assert {delivery.attempts for delivery in ended.values()} == {1}


def test_told_to_end_it_finishes_what_is_under_way(application: Application) -> None:
    hold = threading.Event()
    fake = Fake(hold=hold)
    ended = end_while_sending(application, fake, grace=5, then=hold.set)
    assert ended < 4
    assert only().state == State.DELIVERED


def test_what_is_not_finished_in_time_is_released(application: Application) -> None:
    hold = threading.Event()
    ended = end_while_sending(application, Fake(hold=hold), grace=0.2, then=lambda: None)
    hold.set()
    assert ended < 3
    left = only()
    assert (left.state, left.lease, left.attempts) == (State.WAITING, None, 0)
    work(Fake())
    assert only().state == State.DELIVERED


def end_while_sending(application: Application, fake: Fake, grace: float, then: Any) -> float:
    hand_over(application)
    worker = Worker(requests=4, send=fake)

    def end() -> None:
        until = time.monotonic() + 5
        while not fake.sent and time.monotonic() < until:
            time.sleep(0.01)
        worker.stop()
        time.sleep(0.1)
        then()

    threading.Thread(target=end, daemon=True).start()
    began = time.monotonic()
    worker.run(grace=grace)
    return time.monotonic() - began


def test_it_carries_on_with_what_is_to_be_sent_again(application: Application) -> None:
    hand_over(application)
    work(Fake(Answered(410)))
    assert only().state == State.FAILED
    set_url(application, URL + "/new")
    since = only().created_at - timedelta(minutes=1)
    order = start_redelivery(application=application, since=since, actor=OPERATOR)
    worker = Worker(requests=4, send=Fake())
    threading.Timer(0.6, worker.stop).start()
    worker.run(grace=1)
    order.refresh_from_db()
    assert (only().state, order.done, order.ended_at is not None) == (State.DELIVERED, 1, True)


def test_dead_receivers_leave_room_for_others(application: Application) -> None:
    """Of 8 requests 7 may wait for receivers that never answer: the eighth goes to one that does."""
    hold, account = threading.Event(), application.account
    hand_over(application)
    work(Fake())
    for number in range(12):
        dead = make_application(account, name=f"Dead {number}")[0]
        set_url(dead, f"https://dead.example.com/{number}")
        hand_over(dead)

    class Some(Fake):
        def __call__(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
            self.sent.append((url, body, dict(headers)))
            if "dead" in url:
                hold.wait(10)
            return self.answer

    some = Some()
    worker = Worker(requests=8, send=some)
    dead_at_once: list[int] = []

    def look_on() -> None:
        until = time.monotonic() + 5
        while len(some.sent) < 8 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)
        dead_at_once.append(sum("dead" in url for url, _body, _headers in some.sent))
        worker.stop()
        hold.set()

    threading.Thread(target=look_on, daemon=True).start()
    hand_over(application, {"msgId": "live"})
    Delivery.objects.waiting().filter(application=application).update(next_attempt_at=latest())
    worker.run(grace=5)
    assert dead_at_once == [7]
    assert Delivery.objects.filter(application=application, state=State.DELIVERED).count() == 2


def latest() -> Any:
    return Delivery.objects.waiting().order_by("-next_attempt_at")[0].next_attempt_at


# --- Threads ------------------------------------------------------------------------------------


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    found = threading.Event()
    yield found
    found.set()


def test_threads_are_made_as_they_are_needed_and_no_more(gate: threading.Event) -> None:
    done: list[int] = []

    def do(number: int) -> None:
        gate.wait(5)
        done.append(number)

    senders = Senders(do, most=3)
    for number in range(6):
        senders.put(number)
        time.sleep(0.02)
    assert senders.number == 3
    gate.set()
    until = time.monotonic() + 5
    while len(done) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    assert sorted(done) == list(range(6))
    for number in range(6):
        senders.put(number)
        time.sleep(0.02)
    assert senders.number == 3


def test_two_at_once_have_a_thread_each() -> None:
    """One thread waits for work: it takes the first, and the second has to have another at once."""
    both, met = threading.Barrier(2), []

    def do(number: int) -> None:
        if number:
            both.wait(5)
            met.append(number)

    senders = Senders(do, most=3)
    for number in range(200):
        senders.put(0)
        while senders.spare < senders.number:
            time.sleep(0.0005)
        senders.put(1)
        senders.put(2)
        until = time.monotonic() + 5
        while len(met) < 2 * number + 2 and time.monotonic() < until:
            time.sleep(0.0005)
    assert len(met) == 400


def test_threads_without_work_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("applications.delivery.senders.IDLE_SECONDS", 0.05)
    done: list[int] = []
    senders = Senders(done.append, most=3)
    senders.put(1)
    time.sleep(0.3)
    assert (senders.number, senders.spare) == (0, 0)
    senders.put(2)
    time.sleep(0.1)
    assert done == [1, 2]
