"""While two secrets work: what tells whether the old one may be stopped, and what a second reset would stop."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from applications.models import Application, ApplicationSecret, SecretUse
from applications.models.applications import Lifetime
from applications.models.secret_use import slot_of
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.secrets import reset_secret
from applications.operations.usage import flush, record_address_use
from applications.rules.networks import parse_address
from tests.panel.addresses import confirm, of
from tests.panel.pages import text

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def old(application: Application) -> ApplicationSecret:
    """The secret that was made a year ago and replaced just now."""
    secret = application.secrets.get()
    reset_secret(application=application, overlap=Overlap.WEEK, actor=OPERATOR)
    application.secrets.filter(pk=secret.pk).update(created_at=now() - 365 * DAY)
    return secret


def used(secret: ApplicationSecret, ago: timedelta) -> None:
    stored = ApplicationSecret.objects.filter(pk=secret.pk)
    stored.update(last_used_at=now() - ago, last_used_ip="198.51.100.24")


def call(secret: ApplicationSecret, ip: str, times: int = 1) -> None:
    for _time in range(times):
        record_address_use(
            "application", secret.application_id, parse_address(ip), secret_digest=bytes(secret.digest)
        )
    flush()


AMBER = "This turns green after 24 hours without a call."
GREEN = "Nothing seems to send it any more."


@pytest.mark.parametrize(
    ("hours", "words", "colour"),
    [
        (0.5, AMBER, "warn"),
        (23.9, AMBER, "warn"),
        (24.1, GREEN, "ok"),
        (None, GREEN, "ok"),
    ],  # None: never used
)
def test_it_is_amber_while_in_use_and_green_after_a_silent_day(
    alice: Client,
    application: Application,
    old: ApplicationSecret,
    hours: float | None,
    words: str,
    colour: str,
) -> None:
    if hours is not None:
        used(old, hours * HOUR)
    for place in ("overview", "danger"):
        page = text(alice.get(of(application, place)))
        assert words in page
        assert (AMBER in page) != (GREEN in page)
        assert f"button-{colour}" in page
    question = text(alice.get(of(application, "secret_retire", old.pk)))
    assert ("Nothing has sent it for 24 hours." in question) is (colour == "ok")


def test_the_evidence_names_address_and_calls_of_the_last_hour(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    used(old, timedelta(minutes=27))
    call(old, "198.51.100.24", 12)
    slot, began = slot_of(now() - timedelta(minutes=30))
    SecretUse.objects.filter(secret=old).update(slot=slot, began_at=began)
    call(old, "203.0.113.8", 3)
    call(application.secrets.get(expires_at=None), "192.0.2.1", 2)
    page = text(alice.get(of(application, "overview")))
    assert "<small>from <code>198.51.100.24</code></small>" in page
    assert "from <code>198.51.100.24</code> </p> <p>15 calls in the last hour. Clients that send it" in page
    assert "15 calls from 2 addresses in the last 30 days, 15 in the last hour" in page
    assert "2 calls from 1 address in the last 30 days, 2 in the last hour" in page
    question = text(alice.get(of(application, "secret_retire", old.pk)))
    assert '<dt>Calls, last hour</dt><dd class="figure">15</dd>' in question


def test_calls_that_are_counted_but_not_noted_yet_keep_it_amber(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    """Of two servers one may note "last used" a minute later than it counts."""
    used(old, 30 * DAY)
    call(old, "198.51.100.24")
    assert AMBER in text(alice.get(of(application, "overview")))


def test_a_new_secret_that_was_never_used_is_too_new_to_tell(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    application.secrets.filter(pk=old.pk).update(created_at=now() - HOUR)
    page = text(alice.get(of(application, "overview")))
    assert "It was not used yet, but it was made less than 24 hours ago." in page
    assert "button-warn" in page


def test_the_silence_of_a_disabled_application_says_nothing(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    Application.objects.filter(pk=application.pk).update(is_enabled=False)
    page = text(alice.get(of(application, "overview")))
    assert "Its silence says nothing" in page
    assert GREEN not in page


@pytest.mark.parametrize(
    ("lifetime", "words"),
    [
        (Lifetime.DAY, ""),
        (Lifetime.WEEK, "come back with the old secret as late as that"),
        (Lifetime.NEVER, "come back with the old secret at any time"),
    ],
)
def test_tokens_that_outlive_a_silent_day_are_spoken_of(
    alice: Client, application: Application, old: ApplicationSecret, lifetime: Lifetime, words: str
) -> None:
    Application.objects.filter(pk=application.pk).update(lifetime=lifetime)
    page = text(alice.get(of(application, "overview")))
    assert (words in page) if words else ("come back" not in page)


def test_a_viewer_sees_the_evidence_and_no_button(
    bob: Client, application: Application, old: ApplicationSecret
) -> None:
    used(old, HOUR)
    page = text(bob.get(of(application, "overview")))
    assert AMBER in page
    assert "Stop it now" not in page


def test_a_second_reset_says_in_amber_what_it_ends(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    confirm(alice)
    for number in range(4):
        call(old, f"198.51.100.{number}")
    used(old, timedelta(minutes=27))
    page = text(alice.get(of(application, "secret_reset")))
    amber = page[page.index('<div class="notice warn">') :]
    assert f"<b>The secret ending in {old.hint} stops now</b>" in amber
    assert "27 minutes ago</time>, from 5 addresses of late." in amber
