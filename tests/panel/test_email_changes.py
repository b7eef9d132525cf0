"""The pages of a change of email: asked for in the panel, confirmed by mailed links in any browser."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from applications.models import EmailChange, User
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

ASK, WITHDRAW, YOU = reverse("panel:own_email"), reverse("panel:own_email_withdraw"), "/panel/you/"
OLD, NEW = "alice@marlowe.example", "alice.new@marlowe.example"


@pytest.fixture
def here(cast: Cast) -> Client:
    client = Client()
    client.post("/panel/sign-in/", {"login": OLD, "password": PASSWORD})
    return client


@pytest.fixture
def links(here: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> dict[str, str]:
    """The addresses in the two mails, by receiver."""
    with django_capture_on_commit_callbacks(execute=True):
        answer = here.post(ASK, {"email": NEW}, follow=True)
    assert f"Mails went to {OLD} and {NEW}." in text(answer)
    found = {
        message.to[0]: re.findall(r"^http://localhost:8000(\S+)$", str(message.body), re.M)
        for message in mail.outbox
    }
    assert all(len(each) == 1 for each in found.values())
    return {to: each[0] for to, each in found.items()}


def email_of(cast: Cast) -> str:
    return User.objects.get(pk=cast.alice.pk).email


def test_asked_for_in_one_browser_and_confirmed_in_two_others(
    here: Client, cast: Cast, links: dict[str, str]
) -> None:
    assert "A change is waiting" in text(here.get(YOU))
    phone, elsewhere = Client(), Client()
    page = text(phone.get(links[OLD]))
    assert f"You sign in as {OLD} now. Once {NEW} has confirmed too" in page
    assert "Confirmed" in text(phone.post(f"{links[OLD]}confirm/", follow=True))
    assert email_of(cast) == OLD
    assert f"<bdi>Alice Marlowe</bdi> wants to sign in to Latchkey as {NEW}." in text(
        elsewhere.get(links[NEW])
    )
    assert "The email was changed" in text(elsewhere.post(f"{links[NEW]}confirm/", follow=True))
    assert email_of(cast) == NEW
    assert here.get(YOU).status_code == 200, "the session goes on"
    again = Client()
    again.post("/panel/sign-in/", {"login": OLD, "password": PASSWORD})
    assert again.get(YOU).status_code == 302
    again.post("/panel/sign-in/", {"login": NEW, "password": PASSWORD})
    assert again.get(YOU).status_code == 200


def test_opening_a_link_changes_nothing_not_even_for_a_mail_scanner(
    cast: Cast, links: dict[str, str]
) -> None:
    for link in links.values():
        for client in (Client(), Client(headers={"User-Agent": "scanner"})):
            assert client.get(link).status_code == 200
            assert client.head(link).status_code == 200
            assert client.get(f"{link}confirm/").status_code == 405
            assert client.get(f"{link}refuse/").status_code == 405
    change = EmailChange.objects.get()
    assert (change.old_confirmed_at, change.new_confirmed_at, change.withdrawn_at) == (None, None, None)


def test_a_form_needs_the_browsers_own_token(cast: Cast, links: dict[str, str]) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{links[OLD]}confirm/").status_code == 403
    assert EmailChange.objects.get().old_confirmed_at is None


def test_a_double_click_and_a_used_link_are_answered_with_what_is(cast: Cast, links: dict[str, str]) -> None:
    client = Client()
    for _click in range(2):
        assert "Confirmed" in text(client.post(f"{links[OLD]}confirm/", follow=True))
    client.post(f"{links[NEW]}confirm/")
    for link in links.values():
        assert "The email was changed" in text(client.get(link))
        assert client.post(f"{link}confirm/").status_code == 200
    assert email_of(cast) == NEW


def test_either_side_may_say_that_it_was_not_them(here: Client, cast: Cast, links: dict[str, str]) -> None:
    stranger = Client()
    answer = stranger.post(f"{links[NEW]}refuse/", follow=True)
    assert answer.status_code == 410
    assert "This change was stopped" in text(answer)
    for link in links.values():
        assert stranger.get(link).status_code == 410
        assert stranger.post(f"{link}confirm/").status_code == 410
    assert "A change is waiting" not in text(here.get(YOU))
    assert email_of(cast) == OLD


def test_the_person_sees_who_has_confirmed_and_withdraws(
    here: Client, cast: Cast, links: dict[str, str]
) -> None:
    Client().post(f"{links[NEW]}confirm/")
    page = text(here.get(ASK))
    assert f"The change to {NEW} is waiting" in page
    assert (page.count("Not confirmed yet"), page.count("</svg>Confirmed</span>")) == (1, 1)
    assert "The change was withdrawn." in text(here.post(WITHDRAW, follow=True))
    assert "No change of your email is waiting." in text(here.post(WITHDRAW, follow=True))
    assert Client().get(links[OLD]).status_code == 410


@pytest.mark.parametrize("value", ["0" * 40, "x", "0" * 41, "é" * 40])
def test_the_link_of_nothing_is_not_found(db: None, value: str) -> None:
    link = reverse("panel:email_change", args=[value])
    for answer in (Client().get(link), Client().post(f"{link}confirm/"), Client().post(f"{link}refuse/")):
        assert answer.status_code == 404
        assert "This link does not work" in text(answer)


def test_an_address_that_somebody_has_is_told_to_nobody_here(
    here: Client, cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Same page, same status, as many queries, as many mails."""
    seen = []
    for email in ("nobody@marlowe.example", cast.charlie.email):
        mail.outbox.clear()
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
            answer = here.post(ASK, {"email": email})
        page = text(here.get(ASK)).replace(email, "X")
        page = re.sub(r'csrfmiddlewaretoken" value="\w+"|datetime="[^"]*"|title="[^"]*"', "", page)
        seen.append((answer.status_code, len(mail.outbox), len(queries.captured_queries), page))
    assert seen[0][:2] == seen[1][:2] == (302, 2)
    assert seen[0][2] == seen[1][2]
    assert seen[0][3] == seen[1][3]


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "Write an email address"),
        ("nobody", "Write an email address"),
        (OLD.upper(), "This is your email already"),
    ],
)
def test_what_cannot_be_comes_back_with_a_reason(here: Client, email: str, reason: str) -> None:
    answer = here.post(ASK, {"email": email})
    assert answer.status_code == 422
    page = text(answer)
    assert "Your email was not changed" in page
    assert reason in page
    assert f'value="{email}"' in page or not email
    assert not EmailChange.objects.exists()


def test_a_sixth_time_a_day_is_refused_on_the_page(here: Client) -> None:
    for number in range(5):
        assert here.post(ASK, {"email": f"alice{number}@marlowe.example"}).status_code == 302
    answer = here.post(ASK, {"email": NEW})
    assert answer.status_code == 422
    assert "You asked for 5 changes in the last 24 hours." in text(answer)


def test_a_stale_session_confirms_first_and_nothing_is_lost(alice: Client, cast: Cast) -> None:
    answer = alice.post(ASK, {"email": NEW})
    assert "Change your email" in text(alice.get(answer["Location"]))
    assert not EmailChange.objects.exists()
    alice.post(answer["Location"], {"password": PASSWORD, "next": ASK})
    assert EmailChange.objects.get().new_email == NEW


def test_a_link_for_a_new_password_sent_to_the_old_address_ends_with_it(
    cast: Cast, links: dict[str, str]
) -> None:
    client, forgotten = Client(), reverse("account_reset_password")
    client.post(forgotten, {"email": OLD})
    [link] = re.findall(r"http://localhost:8000(/panel/sign-in/new-password/\S+)", str(mail.outbox[-1].body))
    for each in links.values():
        client.post(f"{each}confirm/")
    mail.outbox.clear()
    client.post(forgotten, {"email": OLD})
    assert mail.outbox == []
    assert "This link no longer works" in text(client.get(link, follow=True))
    client.post(forgotten, {"email": NEW})
    assert [message.to for message in mail.outbox] == [[NEW]]
