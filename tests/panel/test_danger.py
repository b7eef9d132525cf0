"""Danger zone: resetting the secret, stopping the old one, deleting the application."""

import re
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from applications.models import Application, ApplicationSecret, AuditEvent
from applications.models.audit import Action
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.applications import switch_application
from applications.operations.secrets import reset_secret
from applications.operations.usage import flush, record_address_use
from applications.rules.credentials import digest
from applications.rules.networks import parse_address
from tests.factories import PASSWORD, make_application, make_token
from tests.panel.addresses import confirm, of
from tests.panel.pages import text

CONFIRM = "/panel/you/confirm/"


def current(application: Application) -> ApplicationSecret:
    return application.secrets.get(expires_at=None)


def reset_form(application: Application, **changed: Any) -> dict[str, Any]:
    return {"overlap": "24 hours", "current": current(application).pk, **changed}


def shown_secret(page: str) -> str:
    """The secret that the answer to a reset shows."""
    found = re.search(r'<code id="application-secret">([0-9a-f]{20})<wbr>([0-9a-f]{20})</code>', page)
    assert found is not None
    return found[1] + found[2]


@pytest.fixture
def owner(alice: Client) -> Client:
    """Alice, who has given her password just now."""
    confirm(alice)
    return alice


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("ada", 200), ("bob", 200), ("charlie", 404)])
def test_members_see_it_and_strangers_learn_nothing(
    who: str, status: int, application: Application, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(who).get(of(application, "danger")).status_code == status


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("charlie", 404)])
def test_only_owners_and_admins_reset_stop_and_delete(
    who: str, status: int, application: Application, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(who)
    confirm(client)
    old = current(application)
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    for address, sent in (
        (of(application, "secret_reset"), reset_form(application)),
        (of(application, "secret_retire", old.pk), {}),
        (of(application, "application_delete"), {"typed": "Order notifications"}),
    ):
        assert client.get(address).status_code == status
        assert client.post(address, sent).status_code == status
    assert application.secrets.working().count() == 2
    assert Application.objects.filter(pk=application.pk).exists()


def test_a_viewer_reads_what_there_is_and_has_nothing_to_press(bob: Client, application: Application) -> None:
    page = text(bob.get(of(application, "danger")))
    assert "Only owners and admins can do what stands here" in page
    assert "<dialog" not in page
    assert "data-open" not in page


# --- Proving once more who one is ---------------------------------------------------------------


def test_what_was_posted_is_done_after_the_password_was_given(
    alice: Client, application: Application
) -> None:
    answer = alice.post(of(application, "secret_reset"), reset_form(application, overlap="7 days"))
    assert answer["Location"].startswith(f"{CONFIRM}?next=")
    assert application.secrets.count() == 1

    wrong = alice.post(answer["Location"], {"password": "wrong"})
    assert wrong.status_code == 200
    assert application.secrets.count() == 1

    page = text(alice.post(answer["Location"], {"password": PASSWORD}))
    assert digest(shown_secret(page)) == bytes(current(application).digest)
    assert [secret.expires_at is None for secret in application.secrets.working()] == [True, False]


def test_a_page_is_come_back_to(alice: Client, application: Application) -> None:
    answer = alice.get(of(application, "application_delete"))
    back = alice.post(answer["Location"], {"password": PASSWORD})
    assert back["Location"] == of(application, "application_delete")
    assert "Delete Order notifications?" in text(alice.get(back["Location"]))


def test_what_was_posted_and_given_up_is_not_done_later(alice: Client, application: Application) -> None:
    alice.post(of(application, "application_delete"), {"typed": "Order notifications"})
    answer = alice.get(of(application, "application_delete"))
    alice.post(answer["Location"], {"password": PASSWORD})
    assert Application.objects.filter(pk=application.pk).exists()


def test_the_password_of_long_ago_does_not_count(alice: Client, application: Application) -> None:
    confirm(alice)
    assert "Asks you to sign in again" not in text(alice.get(of(application, "danger")))
    with time_machine.travel(time.time() + 16 * 60):
        assert "Asks you to sign in again" in text(alice.get(of(application, "danger")))
        answer = alice.post(of(application, "secret_reset"), reset_form(application))
    assert answer["Location"].startswith(CONFIRM)
    assert application.secrets.count() == 1


# --- Reset --------------------------------------------------------------------------------------


@time_machine.travel(datetime.fromisoformat("2026-11-24T14:32:00+01:00"), tick=False)
def test_the_question_gives_exact_local_times(alice: Client, application: Application) -> None:
    confirm(alice)
    make_token(application, ip="203.0.113.7")
    make_token(application, ip="203.0.113.7")
    for place in ("danger", "secret_reset"):
        page = text(alice.get(of(application, place)))
        assert "Reset the secret of Order notifications?" in page
        assert "Clients with the old secret get no new token. Their 2 tokens go on." in page
        assert re.search(r"Until <time [^>]+>15:32</time>", page)
        assert re.search(r"Until <time [^>]+>tomorrow, 14:32</time>", page)
        assert re.search(r"Until <time [^>]+>1 December, 14:32</time>", page)
        assert "2026-12-01 14:32:00 CET (UTC+1)" in page
        assert "Also revoke all 2 tokens now" in page
        assert "<code>203.0.113.7</code><span>2 tokens" in page
        assert f'name="current" value="{current(application).pk}"' in page


def test_without_tokens_none_is_spoken_of(owner: Client, application: Application) -> None:
    page = text(owner.get(of(application, "danger")))
    assert "Also revoke" not in page
    assert "No token is live. There is nothing to revoke." in page


@pytest.mark.parametrize(
    ("overlap", "hours", "words"),
    [
        ("now", 0, "The old one has stopped."),
        ("1 hour", 1, "The old one goes on working until"),
        ("24 hours", 24, "The old one goes on working until"),
        ("7 days", 168, "The old one goes on working until"),
    ],
)
def test_reset(owner: Client, application: Application, overlap: str, hours: int, words: str) -> None:
    old = current(application)
    token = make_token(application)
    answer = owner.post(of(application, "secret_reset"), reset_form(application, overlap=overlap))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = text(answer)
    assert "The secret was reset" in page
    assert words in page
    assert digest(shown_secret(page)) == bytes(current(application).digest)
    assert current(application).created_by == "alice@marlowe.example"
    old.refresh_from_db()
    assert old.expires_at is not None
    assert abs(old.expires_at - now() - timedelta(hours=hours)) < timedelta(seconds=20)
    assert ("Moving over" in page) == (hours > 0)
    assert application.tokens.live().get() == token


def test_the_answer_has_all_one_needs_and_no_other_page_has_the_secret(
    owner: Client, application: Application
) -> None:
    page = text(owner.post(of(application, "secret_reset"), reset_form(application)))
    secret = shown_secret(page)
    assert "Copy application secret" in page
    assert f'data-leave-once="{of(application, "danger")}"' in page
    assert f"LATCHKEY_SECRET%3D{secret}" in page
    assert "I have saved the secret" in page
    assert f"{application.application_id}:$LATCHKEY_SECRET" in page
    for place in ("overview", "danger", "settings", "tokens"):
        assert secret not in text(owner.get(of(application, place)))


def test_reset_and_revoke_all_tokens(owner: Client, application: Application) -> None:
    make_token(application)
    make_token(application)
    page = text(owner.post(of(application, "secret_reset"), reset_form(application, revoke="on")))
    assert "All 2 tokens were revoked." in page
    assert not application.tokens.live().exists()
    event = AuditEvent.objects.filter(action=Action.SECRET_RESET).get()
    assert event.details["tokens_revoked"] is True


def test_the_second_sending_makes_no_second_secret(owner: Client, application: Application) -> None:
    sent = reset_form(application)
    owner.post(of(application, "secret_reset"), sent)
    answer = owner.post(of(application, "secret_reset"), sent, follow=True)
    assert answer.redirect_chain == [(of(application, "danger"), 302)]
    assert "The secret was reset in the meantime. Nothing was changed just now." in text(answer)
    assert application.secrets.count() == 2


def test_a_second_reset_asks_about_the_older_secret(
    owner: Client, application: Application, old: ApplicationSecret
) -> None:
    """In the dialog and on the page without script: its hint, its use, when it was to end, and the choice."""
    digest_of_old = bytes(old.digest)
    for ip, times in (("203.0.113.7", 3), ("198.51.100.23", 1)):
        for _time in range(times):
            record_address_use("application", application.pk, parse_address(ip), secret_digest=digest_of_old)
    flush()
    for place in ("danger", "secret_reset"):
        page = text(owner.get(of(application, place)))
        assert f"The older secret, ending in {old.hint}, still works" in page
        assert re.search(
            "It was to work until <time [^>]+>tomorrow, [^<]+</time>. Only two secrets work", page
        )
        assert '<dt>Calls, last hour</dt><dd class="figure">4</dd>' in page
        assert "<code>203.0.113.7</code><span>3 calls · " in page
        assert "<code>198.51.100.23</code><span>1 call · " in page
        assert f'name="end_older" value="{old.pk}" id="reset-end_older-{old.pk}" required>' in page
        assert f"<b>Stop the secret ending in {old.hint} now</b>" in page


@pytest.mark.parametrize("overlap", ["now", "7 days"])
@pytest.mark.parametrize("sent", [{}, {"end_older": "987654"}, {"end_older": "x"}, {"end_older": "9" * 5000}])
def test_a_second_reset_without_the_choice_changes_nothing(
    owner: Client, application: Application, old: ApplicationSecret, overlap: str, sent: dict[str, str]
) -> None:
    answer = owner.post(of(application, "secret_reset"), reset_form(application, overlap=overlap, **sent))
    assert answer.status_code == 422
    page = text(answer)
    assert (
        '<a href="#reset-end_older">Choose that the older secret may stop, or wait until it has.</a>' in page
    )
    assert f"The older secret, ending in {old.hint}, still works" in page
    assert old in application.secrets.working()
    assert application.secrets.count() == 2


def test_a_second_reset_with_the_choice(
    owner: Client, application: Application, old: ApplicationSecret
) -> None:
    answer = owner.post(of(application, "secret_reset"), reset_form(application, end_older=old.pk))
    page = text(answer)
    assert "The secret was reset" in page
    assert f"The older one, ending in <code>{old.hint}</code>, has stopped." in page
    assert old not in application.secrets.working()
    assert application.secrets.working().count() == 2


def test_without_an_older_secret_none_is_spoken_of(owner: Client, application: Application) -> None:
    page = text(owner.get(of(application, "danger")))
    assert "older" not in page
    assert "end_older" not in page


def test_each_secret_shows_its_own_use(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    for secret, ip in ((old, "203.0.113.7"), (old, "203.0.113.8"), (current(application), "198.51.100.23")):
        record_address_use(
            "application", application.pk, parse_address(ip), secret_digest=bytes(secret.digest)
        )
    flush()
    for place in ("danger", "overview"):
        page = text(alice.get(of(application, place)))
        assert "2 calls from 2 addresses in the last 30 days" in page
        assert "1 call from 1 address in the last 30 days" in page
    page = text(alice.get(of(application, "secret_retire", old.pk)))
    assert "<code>203.0.113.7</code><span>1 call · " in page
    assert "198.51.100.23" not in page


@pytest.mark.parametrize(
    "changed",
    [
        {"overlap": "for ever"},
        {"overlap": ""},
        {"overlap": "24 hours\x00"},
        {"current": ""},
        {"current": "x"},
        {"current": "1\x00"},
    ],
)
def test_a_reset_that_makes_no_sense_is_asked_again(
    owner: Client, application: Application, changed: dict[str, str]
) -> None:
    answer = owner.post(of(application, "secret_reset"), reset_form(application, **changed))
    assert answer.status_code == 422
    assert "Reset the secret of Order notifications?" in text(answer)
    assert 'role="alert"' in text(answer)
    assert application.secrets.count() == 1


@pytest.mark.parametrize("number", [0, -1, 987654, 10**40])
def test_another_secret_than_the_current_one_changes_nothing(
    owner: Client, application: Application, number: int
) -> None:
    answer = owner.post(of(application, "secret_reset"), reset_form(application, current=number), follow=True)
    assert "Nothing was changed just now." in text(answer)
    assert application.secrets.count() == 1


# --- The old secret -----------------------------------------------------------------------------


@pytest.fixture
def old(application: Application) -> ApplicationSecret:
    """The secret that was replaced and works for another day."""
    replaced = current(application)
    reset_secret(application=application, overlap=Overlap.DAY, actor=OPERATOR)
    return replaced


def test_stopping_the_old_secret(alice: Client, application: Application, old: ApplicationSecret) -> None:
    address = of(application, "secret_retire", old.pk)
    for place in (of(application, "danger"), of(application, "overview"), address):
        assert f"Stop the old secret, ending in {old.hint}?" in text(alice.get(place))
    answer = alice.post(address, follow=True)
    assert f"The old secret, ending in {old.hint}, was stopped." in text(answer)
    assert application.secrets.working().get() == current(application)
    assert "Stop it now" not in text(alice.get(of(application, "danger")))
    assert "This secret has stopped already." in text(alice.post(address, follow=True))
    assert AuditEvent.objects.filter(action=Action.SECRET_RETIRED).count() == 1


def test_the_question_names_its_last_use(
    alice: Client, application: Application, old: ApplicationSecret
) -> None:
    assert "It was never used." in text(alice.get(of(application, "secret_retire", old.pk)))
    application.secrets.filter(pk=old.pk).update(last_used_at=now(), last_used_ip="203.0.113.7")
    page = text(alice.get(of(application, "secret_retire", old.pk)))
    assert "from <code>203.0.113.7</code>. Clients that still send it get no new token." in page


@pytest.mark.parametrize("which", ["current", "foreign", "none", "huge"])
def test_only_an_old_secret_of_this_application_can_be_stopped(
    alice: Client, application: Application, old: ApplicationSecret, which: str
) -> None:
    other, _secret = make_application(application.account, name="Other")
    replaced = current(other)
    reset_secret(application=other, overlap=Overlap.DAY, actor=OPERATOR)
    number = {"current": current(application).pk, "foreign": replaced.pk, "none": 987654, "huge": 10**40}[
        which
    ]
    assert alice.post(of(application, "secret_retire", number)).status_code == 404
    assert application.secrets.working().count() == 2
    assert other.secrets.working().count() == 2


# --- Delete -------------------------------------------------------------------------------------


def test_the_question_says_what_ends(owner: Client, application: Application) -> None:
    make_token(application, ip="203.0.113.7")
    make_token(application, ip="203.0.113.7")
    for place in ("danger", "application_delete"):
        page = text(owner.get(of(application, place)))
        assert "Delete Order notifications?" in page
        assert "Its 2 tokens stop at once, and its ID never works again." in page
        assert 'data-must-equal="Order notifications"' in page
        assert "<code>203.0.113.7</code><span>2 tokens" in page


def test_delete(owner: Client, application: Application) -> None:
    token = make_token(application)
    sent = {"typed": " Order notifications "}
    answer = owner.post(of(application, "application_delete"), sent, follow=True)
    assert answer.redirect_chain == [(reverse("panel:applications", args=[application.account_id]), 302)]
    assert "Order notifications was deleted. Its ID, secret and tokens do not work any more." in text(answer)
    assert not Application.objects.filter(pk=application.pk).exists()
    assert not type(token).objects.live().exists()
    assert owner.get(of(application, "overview")).status_code == 404
    assert owner.post(of(application, "application_delete"), sent).status_code == 404
    event = AuditEvent.objects.filter(action=Action.APPLICATION_DELETED).get()
    assert (event.target, event.application_id) == ("Order notifications", application.application_id)


@pytest.mark.parametrize(
    "typed", ["", "order notifications", "Order", "Order notifications!", "\x00", "x" * 5000]
)
def test_the_name_must_be_typed_exactly(owner: Client, application: Application, typed: str) -> None:
    answer = owner.post(of(application, "application_delete"), {"typed": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert Application.objects.filter(pk=application.pk).exists()


def test_without_a_name_the_id_stands_for_it(owner: Client, application: Application) -> None:
    nameless, _secret = make_application(application.account, name="")
    start = nameless.application_id[:8]
    page = text(owner.get(of(nameless, "danger")))
    assert "It has no name. The first 8 characters of its ID stand for it." in page
    assert f'data-must-equal="{start}"' in page
    assert owner.post(of(nameless, "application_delete"), {"typed": "Untitled"}).status_code == 422
    assert owner.post(of(nameless, "application_delete"), {"typed": start}).status_code == 302
    assert not Application.objects.filter(pk=nameless.pk).exists()


def test_a_name_is_typed_as_it_is_read(owner: Client, application: Application) -> None:
    spaced, _secret = make_application(application.account, name="Two  spaces & <b>bold</b>")
    page = owner.get(of(spaced, "danger")).content.decode()
    assert 'data-must-equal="Two spaces &amp; &lt;b&gt;bold&lt;/b&gt;"' in page
    assert "<b>bold</b>" not in page
    sent = {"typed": "Two spaces & <b>bold</b>"}
    assert owner.post(of(spaced, "application_delete"), sent).status_code == 302


def test_a_disabled_application_can_be_deleted_and_enabled_from_here(
    owner: Client, application: Application
) -> None:
    make_token(application)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    page = text(owner.get(of(application, "danger")))
    assert "Enable Order notifications?" in page
    assert "Waiting tokens" in page
    assert (
        owner.post(of(application, "application_delete"), {"typed": "Order notifications"}).status_code == 302
    )
