"""Mails go out after the answer, so that its time does not say who has an account; none is lost in silence."""

import logging
import threading
import time
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.tasks import task_backends
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from applications.authentication import background
from applications.authentication.background import Worker
from applications.models import User
from applications.operations.mails import send

FORGOTTEN = reverse("account_reset_password")


def send_one() -> None:
    send.enqueue(subject="Hello", body="Hello", sender="latchkey@localhost", to=["elena@marlowe.example"])


@pytest.fixture
def worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A thread as a served process has one."""
    settings.TASKS = {"default": {"BACKEND": "applications.authentication.background.ThreadBackend"}}
    own = Worker()
    monkeypatch.setattr(background, "worker", own)
    return own


def test_the_answer_does_not_wait_for_the_mail(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, sent = threading.Event(), []

    def slow(message: EmailMessage, **_options: Any) -> int:
        assert gate.wait(10)
        sent.append(message.subject)
        return 1

    monkeypatch.setattr(EmailMessage, "send", slow)
    send_one()
    assert sent == []
    gate.set()
    worker.finish()
    assert sent == ["Hello"]


def test_a_mail_that_fails_is_in_the_log_and_the_next_one_goes_out(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = iter([ConnectionError("no such server"), None])
    sent = []

    def uncertain(message: EmailMessage, **_options: Any) -> int:
        if error := next(outcomes):
            raise error
        sent.append(message.to)
        return 1

    monkeypatch.setattr(EmailMessage, "send", uncertain)
    with caplog.at_level(logging.ERROR):
        send_one()
        send_one()
        worker.finish()
    assert sent == [["elena@marlowe.example"]]
    assert [
        record for record in caplog.records if record.exc_info and "no such server" in str(record.exc_info[1])
    ]


def wait(gate: threading.Event) -> None:
    gate.wait(10)


def test_what_cannot_be_done_before_the_end_is_in_the_log(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    gate = threading.Event()
    worker.add(lambda: wait(gate))
    started = time.monotonic()
    worker.finish(0.1)
    assert time.monotonic() - started < 5
    assert "1 tasks were not done" in caplog.text
    gate.set()


def test_known_and_unknown_emails_cost_the_same_before_the_answer(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs, looking up who it is and writing the mail, is left to the task."""
    User.objects.create_user("elena@marlowe.example", "correct horse battery")
    waiting: list[Any] = []
    monkeypatch.setattr(
        type(task_backends["default"]), "_execute_task", lambda _backend, result: waiting.append(result)
    )
    counts = []
    for email in ("elena@marlowe.example", "nobody@marlowe.example"):
        with CaptureQueriesContext(connection) as queries:
            Client().post(FORGOTTEN, {"email": email})
        counts.append(len(queries.captured_queries))
    assert counts[0] == counts[1]
    assert len(waiting) == 2
    assert mail.outbox == []
