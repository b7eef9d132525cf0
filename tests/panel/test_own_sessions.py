"""The list of one's sessions, and ending one or all others, which holds at their very next request."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import Settings

from applications.models import AuditEvent, User
from applications.models.audit import Action
from applications.panel.sessions import MOST
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

YOU, END_OTHERS = "/panel/you/", reverse("panel:sessions_end_others")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"
NOON = "2026-11-26 12:00:00Z"


def sign_in(person: User, agent: str = FIREFOX, ip: str = "192.0.2.44") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=ip)
    client.post("/panel/sign-in/", {"login": person.email, "password": PASSWORD})
    return client


def line_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def end(client: Client, other: Client) -> int:
    return client.post(reverse("panel:session_end", args=[line_of(other).pk])).status_code


def test_the_list_says_which_device_from_where_since_when_and_last_seen(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        phone = sign_in(cast.alice, IPHONE, "2001:db8:90::12")
        clock.shift(timedelta(hours=2))
        here = sign_in(cast.alice)
        page = text(here.get(YOU))
        assert page.index("Firefox on Windows") < page.index("Safari on iPhone"), "this one first"
        assert page.count("This session") == 1
        assert "192.0.2.44" in page
        assert "2001:db8:90::12" in page
        told = {
            datetime.fromisoformat(each).replace(second=0, microsecond=0)
            for each in re.findall(r'<time datetime="([^"]+)"', page)
        }
        times = {line_of(phone).created_at, line_of(phone).last_seen_at}
        assert {each.replace(second=0, microsecond=0) for each in times} <= told
        assert page.count('aria-label="End the session of Safari on iPhone, 2001:db8:90::12"') == 1
        assert 'aria-label="End the session of Firefox' not in page


def test_one_that_is_ended_is_signed_out_at_its_very_next_request_and_no_other(cast: Cast) -> None:
    here, phone, laptop = (sign_in(cast.alice) for _each in range(3))
    assert phone.get(YOU).status_code == 200
    ended = line_of(phone)
    assert end(here, phone) == 302
    assert phone.get(YOU)["Location"].startswith("/panel/sign-in/")
    assert [client.get(YOU).status_code for client in (here, laptop)] == [200, 200]
    assert not UserSession.objects.filter(pk=ended.pk).exists()
    assert not Session.objects.filter(pk=ended.session_key).exists()


def test_all_others_are_ended_at_once(cast: Cast) -> None:
    here, *others = (sign_in(cast.alice) for _each in range(4))
    stranger = sign_in(cast.bob)
    assert "3 sessions were ended." in text(here.post(END_OTHERS, follow=True))
    assert {client.get(YOU).status_code for client in others} == {302}
    assert [client.get(YOU).status_code for client in (here, stranger)] == [200, 200]
    assert "No other session was there." in text(here.post(END_OTHERS, follow=True))


def test_somebody_elses_is_not_found_and_goes_on(cast: Cast) -> None:
    here, his = sign_in(cast.alice), sign_in(cast.bob)
    assert end(here, his) == 404
    assert his.get(YOU).status_code == 200


def test_ones_own_is_ended_by_signing_out_alone(cast: Cast) -> None:
    here = sign_in(cast.alice)
    assert end(here, here) == 404
    assert here.get(YOU).status_code == 200


def test_a_double_click_ends_once(cast: Cast) -> None:
    here, phone = sign_in(cast.alice), sign_in(cast.alice)
    address = reverse("panel:session_end", args=[line_of(phone).pk])
    assert [here.post(address).status_code for _click in range(2)] == [302, 404]
    [event] = AuditEvent.objects.filter(account=cast.account, action=Action.SESSION_ENDED)
    assert event.details == {"number": 1}


@pytest.mark.parametrize("name", ["panel:sessions_end_others", "panel:session_end"])
def test_a_look_ends_nothing_and_a_visitor_signs_in(cast: Cast, name: str) -> None:
    here, phone = sign_in(cast.alice), sign_in(cast.alice)
    address = reverse(name, args=[line_of(phone).pk] if name.endswith("session_end") else [])
    assert here.get(address).status_code == 405
    assert Client().post(address)["Location"].startswith("/panel/sign-in/")
    assert phone.get(YOU).status_code == 200


def test_what_is_over_is_not_listed(cast: Cast, settings: Settings) -> None:
    """A new password, idleness and age end a session; the library would list it until somebody looks."""
    settings.SESSION_IDLE_HOURS, settings.SESSION_ABSOLUTE_DAYS = 2, 1
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(cast.alice, IPHONE)
        here = sign_in(cast.alice)
        fields = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
        here.post(reverse("account_change_password"), fields)
        page = text(here.get(YOU))
        assert "Safari on iPhone" not in page
        assert "This session" in page
        cast.alice.refresh_from_db()
        phone = Client(headers={"User-Agent": IPHONE})
        phone.post("/panel/sign-in/", {"login": cast.alice.email, "password": "another long one"})
        assert "Safari on iPhone" in text(here.get(YOU))
        clock.shift(timedelta(hours=1))
        here.get(YOU)
        clock.shift(timedelta(hours=1, minutes=1))
        assert "Safari on iPhone" not in text(here.get(YOU))


def test_last_seen_address_and_browser_are_written_once_a_minute(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        client = sign_in(cast.alice)
        client.get(YOU)
        clock.shift(59)
        client.get(YOU, headers={"User-Agent": IPHONE}, REMOTE_ADDR="198.51.100.9")
        assert line_of(client).ip == "192.0.2.44"
        clock.shift(1)
        with CaptureQueriesContext(connection) as due:
            client.get(YOU, headers={"User-Agent": IPHONE}, REMOTE_ADDR="198.51.100.9")
        line = line_of(client)
        assert (line.ip, line.user_agent, line.last_seen_at) == ("198.51.100.9", IPHONE, now())
        with CaptureQueriesContext(connection) as other:
            client.get(YOU)
        assert not [
            query for query in other.captured_queries if query["sql"].startswith(("INSERT", "UPDATE"))
        ]
        assert [query for query in due.captured_queries if query["sql"].startswith("UPDATE")]


def test_last_seen_is_written_where_each_request_stores_the_session_too(cast: Cast) -> None:
    """What a form says afterwards is stored in the session; that must not put off "last seen" for ever."""
    with time_machine.travel(NOON, tick=False) as clock:
        client = sign_in(cast.alice)
        for _each in range(5):
            clock.shift(40)
            client.post(END_OTHERS)
        assert line_of(client).last_seen_at > now() - timedelta(minutes=1)


def test_many_sessions_cost_as_many_queries_as_three(cast: Cast) -> None:
    here = sign_in(cast.alice)
    counts = []
    for number in (2, 20):
        for _each in range(number):
            other = Client()
            other.force_login(cast.alice)
            UserSession.objects.create(
                user=cast.alice, ip="192.0.2.1", session_key=other.session.session_key, user_agent=IPHONE
            )
        here.get(YOU)
        with CaptureQueriesContext(connection) as queries:
            page = text(here.get(YOU))
        counts.append(len(queries.captured_queries))
    assert page.count("Safari on iPhone</b>") == 22
    assert counts[0] == counts[1]
    assert MOST > 22


def test_a_device_of_no_known_name_and_markup_in_it_are_shown_plainly(cast: Cast) -> None:
    sign_in(cast.alice, "<script>alert(1)</script>")
    page = sign_in(cast.alice).get(YOU).content.decode()
    assert "Unknown device" in page
    assert "<script>alert" not in page
