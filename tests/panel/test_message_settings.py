"""The Messages tab: what is shown, saved and refused, and the preview."""

import re
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from applications.forms.message_settings import CHANNELS
from applications.models import Application, AuditEvent, MessageSettings
from applications.operations.actors import OPERATOR
from applications.operations.message_settings import update_message_settings
from tests.panel.addresses import confirm, of
from tests.panel.pages import text

ROMANIAN = "Bună ziua, comanda a fost expediată. 📦 Curierul ajunge între 18:00 și 20:00."
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Europe/Warsaw"))


def channel(application: Application, name: str = "sms") -> str:
    return of(application, "message_channel", name)


def filled(application: Application, name: str = "sms", **values: Any) -> dict[str, Any]:
    """What a browser sends from the form as stored, with these fields typed in; a box that is off is not sent."""
    stored = MessageSettings.objects.of(application.pk)
    columns = CHANNELS[name].columns()
    sent = {**stored.values(columns), "fingerprint": stored.fingerprint(columns), **values}
    return {key: "on" if value is True else value for key, value in sent.items() if value is not False}


def preview(client: Client, application: Application, name: str = "sms", **values: Any) -> str:
    address = of(application, "message_preview", name)
    answer = client.post(f"{address}?part", filled(application, name, **values))
    assert answer.status_code == 200
    return text(answer)


def stored(application: Application) -> MessageSettings:
    return MessageSettings.objects.of(application.pk)


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHANNELS)
@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("ada", 200), ("bob", 200), ("charlie", 404)])
def test_members_see_every_channel(
    who: str, status: int, name: str, application: Application, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(who).get(channel(application, name)).status_code == status


def test_a_viewer_reads_the_values_and_may_preview_and_changes_nothing(
    bob: Client, application: Application
) -> None:
    set_to(application, sms_sender="Marlowe", sms_alphabet="ROMANIAN", sms_remove_emojis=True)
    page = text(bob.get(channel(application)))
    assert "<dt>Enforced sender ID</dt><dd>Marlowe</dd>" in page
    assert "<dt>Replace special characters</dt><dd>Romanian</dd>" in page
    assert "<dt>Remove emojis</dt><dd>Yes</dd>" in page
    assert "<dt>Quiet hours start</dt><dd>Not set</dd>" in page
    assert "Save changes" not in page
    assert 'name="csrfmiddlewaretoken"' not in page.partition('id="channel-form"')[2].partition("</form>")[0]
    assert "2 parts become 1" in preview(bob, application, try_text=ROMANIAN)
    assert bob.post(channel(application), filled(application, sms_sender="Bob")).status_code == 403
    assert stored(application).sms_sender == "Marlowe"


def test_an_unknown_channel_is_not_found(alice: Client, application: Application) -> None:
    assert alice.get(channel(application, "pigeon")).status_code == 404
    assert alice.post(channel(application, "pigeon")).status_code == 404
    assert alice.post(of(application, "message_preview", "viber")).status_code == 404


def test_the_tab_leads_to_sms_and_stands_after_settings(alice: Client, application: Application) -> None:
    page = text(alice.get(of(application, "messages")))
    tabs = re.findall(r">([\w ]+)</a>", page.partition('<nav class="tabs"')[2].partition("</nav>")[0])
    assert tabs[tabs.index("Settings") + 1 :][:2] == ["Messages", "Webhooks"]
    assert f'<a href="{of(application, "messages")}" aria-current="page">Messages</a>' in page
    assert f'<a href="{channel(application)}" aria-current="page">SMS</a>' in page


# --- Saving -------------------------------------------------------------------------------------


def set_to(application: Application, **changes: Any) -> None:
    update_message_settings(application=application, changes=changes, actor=OPERATOR)


GOOD: dict[str, dict[str, Any]] = {
    "sms": {
        "sms_sender": "Marlowe",
        "sms_alphabet": "NON_GSM",
        "sms_remove_emojis": True,
        "sms_quiet_start": "21:30",
        "sms_quiet_stop": "09:30",
    },
    "viber": {
        "viber_quiet_start": "00:00",
        "viber_quiet_stop": "06:00",
    },
    "whatsapp": {
        "whatsapp_quiet_start": "23:00",
        "whatsapp_quiet_stop": "07:00",
    },
    "multichannel": {
        "multichannel_ttl": 600,
        "multichannel_expire_after_ttl": True,
        "multichannel_quiet_start": "22:00",
        "multichannel_quiet_stop": "05:59",
    },
    "otp": {
        "otp_template": "Code:\n{{pin}}",
        "otp_sender": "Marlowe",
        "otp_pin_type": "alphanumeric",
        "otp_pin_length": 10,
        "otp_ttl": 60,
        "otp_max_attempts": 10,
    },
}


@pytest.mark.parametrize("name", CHANNELS)
def test_each_channel_is_saved_by_itself(name: str, alice: Client, application: Application) -> None:
    assert set(GOOD[name]) == set(CHANNELS[name].columns())
    answer = alice.post(channel(application, name), filled(application, name, **GOOD[name]), follow=True)
    assert "settings of Order notifications were saved. They apply to the next message." in text(answer)
    assert stored(application).values(GOOD[name]) == GOOD[name]
    others = [column for other in CHANNELS if other != name for column in CHANNELS[other].columns()]
    assert stored(application).values(others) == MessageSettings().values(others)
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor) == ("messages:change", "alice@marlowe.example")
    page = text(alice.get(channel(application, name)))
    for value in GOOD[name].values():
        assert ("checked" if value is True else str(value).replace("\n", " ")) in page


def test_saving_what_is_stored_changes_nothing(alice: Client, application: Application) -> None:
    answer = alice.post(channel(application), filled(application), follow=True)
    assert "Nothing was changed." in text(answer)
    assert not MessageSettings.objects.exists()


def test_windows_line_breaks_of_browsers_are_not_stored(alice: Client, application: Application) -> None:
    alice.post(channel(application, "otp"), filled(application, "otp", otp_template="Code:\r\n{{pin}}"))
    assert stored(application).otp_template == "Code:\n{{pin}}"


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("sms", {"sms_alphabet": "KLINGON"}, "There is no such alphabet. It is one of NONE, NON_GSM, POLISH"),
        ("sms", {"sms_alphabet": ""}, "It is one of NONE, NON_GSM, POLISH"),
        ("sms", {"sms_sender": "Mar lowe"}, "A sender ID has no spaces: 3 to 11 letters"),
        ("sms", {"sms_sender": "Marlowe Ltd and more"}, "A sender ID has no spaces"),
        ("sms", {"sms_sender": "Mą"}, "A sender ID has 3 to 11 letters A to Z"),
        ("sms", {"sms_sender": "1" * 16}, "3 to 15 digits"),
        ("sms", {"sms_sender": "Mar\x00lowe"}, "Null characters are not allowed."),
        (
            "sms",
            {"sms_quiet_start": "09:30", "sms_quiet_stop": "09:30"},
            "cannot start and end at the same minute",
        ),
        ("sms", {"sms_quiet_start": "21:30"}, "need both a start and an end, or neither"),
        ("sms", {"sms_quiet_start": "9:30 PM", "sms_quiet_stop": "09:30"}, "is from 00:00 to 23:59"),
        ("sms", {"sms_quiet_start": "21:30", "sms_quiet_stop": "24:00"}, "is from 00:00 to 23:59"),
        ("sms", {"sms_quiet_start": "09:30", "sms_quiet_stop": "09:29"}, "cannot last the whole day"),
        ("viber", {"viber_quiet_stop": "2400"}, "is from 00:00 to 23:59"),
        ("viber", {"viber_quiet_stop": "9:30"}, "need both a start and an end"),
        ("multichannel", {"multichannel_ttl": "59"}, "is 60 to 172,800 seconds"),
        ("multichannel", {"multichannel_ttl": ""}, "is 60 to 172,800 seconds"),
        ("otp", {"otp_template": "Your code"}, "A template contains {{pin}}, where the PIN goes."),
        ("otp", {"otp_template": ""}, "A template contains {{pin}}, where the PIN goes."),
        ("otp", {"otp_template": "{{pin}} " + "a" * 1520}, "at most 10 parts"),
        ("otp", {"otp_template": "{{pin}} " + "ж" * 662}, "at most 10 parts"),
        ("otp", {"otp_template": "{{pin}}\x07"}, "no control characters"),
        ("otp", {"otp_sender": "Marlowe and Co"}, "A sender has 3 to 11 characters"),
        ("otp", {"otp_sender": ""}, "A sender has 3 to 11 characters"),
        ("otp", {"otp_pin_type": "runes"}, "letters, numbers or alphanumeric"),
        ("otp", {"otp_pin_length": "3"}, "A PIN has 4 to 10 characters."),
        ("otp", {"otp_ttl": "1801"}, "A PIN is valid for 60 to 1,800 seconds."),
        ("otp", {"otp_max_attempts": "15"}, "Between 1 and 10 attempts."),
        ("otp", {"otp_max_attempts": "9" * 5000}, "Between 1 and 10 attempts."),
        ("otp", {"otp_max_attempts": "1.5"}, "Between 1 and 10 attempts."),
    ],
)
def test_what_is_wrong_is_a_sentence_that_says_what_is_allowed(
    name: str, values: dict[str, Any], words: str, alice: Client, application: Application
) -> None:
    answer = alice.post(channel(application, name), filled(application, name, **values))
    page = text(answer)
    assert answer.status_code == 422
    assert "Nothing was saved" in page
    assert page.count(words) >= 2  # in the summary, and at its field
    assert 'aria-invalid="true"' in page or "otp_pin_type" in values
    assert not MessageSettings.objects.exists()


@pytest.mark.parametrize(
    ("start", "stop", "field"),
    [
        ("21:30", "", "stop"),
        ("", "09:30", "start"),
        ("09:30", "09:30", "stop"),
        ("0:00", "2359", "stop"),
        ("21:30", "24:00", "stop"),
        ("25:00", "09:30", "start"),
    ],
)
def test_a_fault_of_quiet_hours_stands_at_the_field_that_has_it(
    start: str, stop: str, field: str, alice: Client, application: Application
) -> None:
    values = filled(application, sms_quiet_start=start, sms_quiet_stop=stop)
    page = text(alice.post(channel(application), values))
    assert f'<a href="#id_sms_quiet_{field}">' in page
    assert (
        page.count("_quiet_start_error") + page.count("_quiet_stop_error") == 2
    )  # the text, and its field's link
    assert f'id="id_sms_quiet_{field}_error"' in page


@pytest.mark.parametrize("typed", ["9:30", "930", "0930", "9.30", " 09:30 "])
def test_times_are_stored_in_one_form(typed: str, alice: Client, application: Application) -> None:
    alice.post(channel(application), filled(application, sms_quiet_start="2130", sms_quiet_stop=typed))
    assert (stored(application).sms_quiet_start, stored(application).sms_quiet_stop) == ("21:30", "09:30")


def test_a_template_may_break_the_page(alice: Client, application: Application) -> None:
    alice.post(channel(application, "otp"), filled(application, "otp", otp_template="Code\f{{pin}}"))
    assert stored(application).otp_template == "Code\f{{pin}}"
    page = preview(alice, application, try_text="a\fb")
    assert "GSM-7, 4 characters" in page


@pytest.mark.parametrize("checks", [True, False])
def test_a_form_that_is_far_too_long_is_told_so(checks: bool, cast: Any, application: Application) -> None:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(cast.alice)
    client.get(channel(application, "otp"))  # which sets the cookie against forgery
    answer = client.post(channel(application, "otp"), {"otp_template": "a" * 1_000_000})
    assert answer.status_code == 413
    assert "This is too long" in text(answer)
    assert not MessageSettings.objects.exists()


def test_of_two_admins_the_second_sees_both_and_chooses(
    alice: Client, ada: Client, application: Application
) -> None:
    of_alice = filled(application, sms_sender="Alice")
    ada.post(channel(application), filled(application, sms_sender="Ada"))
    answer = alice.post(channel(application), of_alice)
    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody else changed these settings while you did" in page
    assert "By ada@marlowe.example" in page
    assert "<dt>Enforced sender ID</dt><dd>Ada</dd>" in page
    assert 'value="Alice"' in page
    assert stored(application).sms_sender == "Ada"
    fingerprint = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert fingerprint is not None
    alice.post(channel(application), {**of_alice, "fingerprint": fingerprint[1]})
    assert stored(application).sms_sender == "Alice"


def test_two_admins_on_two_channels_do_not_meet(alice: Client, ada: Client, application: Application) -> None:
    of_alice = filled(application, "otp", otp_ttl=900)
    ada.post(channel(application), filled(application, sms_sender="Ada"))
    assert alice.post(channel(application, "otp"), of_alice).status_code == 302
    assert (stored(application).sms_sender, stored(application).otp_ttl) == ("Ada", 900)


# --- Preview ------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_the_preview_uses_values_that_are_not_saved(alice: Client, application: Application) -> None:
    page = preview(
        alice,
        application,
        sms_sender="Marlowe",
        sms_alphabet="ROMANIAN",
        sms_remove_emojis=True,
        sms_quiet_start="21:30",
        sms_quiet_stop="09:30",
        try_text=ROMANIAN,
        try_to="+40 721 555 013",
        try_at="21:55",
    )
    assert 'Bun<mark title="ă was replaced">a</mark> ziua' in page
    assert '<del title="Removed"><span class="visually-hidden">removed: </span>📦</del>' in page
    assert '<span class="chip">ă → a ×2</span>' in page
    assert '<span class="chip">📦 removed</span>' in page
    assert "<b>2 parts</b><small>UCS-2, 77 characters</small>" in page
    assert "<b>1 part</b><small>GSM-7, 75 characters</small>" in page
    assert "2 parts become 1" in page
    assert "Marlowe <small>Enforced, whatever the request says</small>" in page
    assert '<time datetime="2026-11-25T09:31:00+02:00">25 November, 09:31</time>' in page
    assert "Quiet hours in Europe/Bucharest, 21:30–09:30" in page
    assert not MessageSettings.objects.exists()


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("to", "at", "words"),
    [
        ("", "", "24 November, 12:00</time>, Europe/Warsaw"),
        ("RO", "", "24 November, 13:00</time>, Europe/Bucharest"),
        ("ro", "", "Europe/Bucharest"),
        ("Asia/Tokyo", "", "24 November, 20:00</time>, Asia/Tokyo"),
        ("+48600100200", "09:31", "24 November, 09:31</time>, Europe/Warsaw"),
        ("+48600100200", "931", "24 November, 09:31</time>, Europe/Warsaw"),
    ],
)
def test_what_is_not_held_is_sent_at_once(
    to: str, at: str, words: str, alice: Client, application: Application
) -> None:
    quiet = {"sms_quiet_start": "21:30", "sms_quiet_stop": "09:30"}
    page = preview(alice, application, **quiet, try_text="Hello", try_to=to, try_at=at)
    assert "At once" in page
    assert words in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"try_text": ""}, "A text needs at least one character."),
        ({"try_text": "a" * 1531}, "at most 10 parts"),
        ({"try_text": "🙂" * 336}, "at most 10 parts"),
        ({"try_text": "🙂" * 10_000}, "at most 10 parts"),
        ({"try_text": "a" * 1_000_000}, "at most 10 parts"),
        ({"try_text": "a\x00b"}, "Null characters are not allowed."),
        ({"try_text": "a\x1bb"}, "no control characters"),
        ({"try_text": "Hi", "try_to": "Atlantis"}, "There is no such time zone"),
        ({"try_text": "Hi", "try_to": "XX"}, "There is no such country"),
        ({"try_text": "Hi", "try_to": "+48"}, "A number starts with +"),
        ({"try_text": "Hi", "try_to": "48600100200"}, "A number starts with +"),
        ({"try_text": "Hi", "try_to": "0048 600 100 200"}, "A number starts with +"),
        ({"try_text": "Hi", "try_to": "(212) 555-0123"}, "A number starts with +"),
        ({"try_text": "Hi", "try_at": "25:00"}, "from 00:00 to 23:59"),
        ({"try_text": "Hi", "sms_sender": "a b"}, "A sender ID has no spaces"),
        ({"try_text": "Hi", "sms_quiet_start": "09:30"}, "both a start and an end"),
    ],
)
@pytest.mark.parametrize("part", [True, False])
def test_a_preview_that_cannot_be_made_says_why_at_once(
    part: bool, values: dict[str, Any], words: str, alice: Client, application: Application
) -> None:
    started = time.monotonic()
    address = of(application, "message_preview", "sms") + ("?part" if part else "")
    answer = alice.post(address, filled(application, **values))
    page = text(answer)
    assert time.monotonic() - started < 5
    assert answer.status_code in (200, 413)
    assert "This would not be sent" in page
    assert words in page
    assert ("<html" in page) is not part


@pytest.mark.parametrize(
    ("values", "half_typed"),
    [
        ({"try_at": "21:"}, True),
        ({"try_at": "2", "sms_quiet_start": "21:30"}, True),
        ({"sms_quiet_stop": "0"}, True),
        ({"try_at": "25:"}, False),
        ({"try_at": "2", "sms_sender": "a b"}, False),
        ({"sms_quiet_start": "09:30", "sms_quiet_stop": "09:30"}, False),
        ({"try_text": ""}, False),
    ],
)
def test_a_problem_that_is_only_a_half_typed_time_is_marked(
    values: dict[str, Any], half_typed: bool, alice: Client, application: Application
) -> None:
    page = preview(alice, application, **{"try_text": "Hi", **values})
    assert ('data-problem="half-typed"' in page) is half_typed
    assert "data-problem" in page


def test_a_form_with_what_is_not_saved_is_marked(alice: Client, application: Application) -> None:
    assert "data-warn-unsaved " in text(alice.get(channel(application)))
    refused = text(alice.post(channel(application), filled(application, sms_sender="a b")))
    assert 'data-warn-unsaved="changed"' in refused


def test_without_script_the_button_shows_the_whole_page_and_keeps_what_was_typed(
    alice: Client, application: Application
) -> None:
    address = of(application, "message_preview", "sms")
    assert f'form="channel-form" formaction="{address}"' in text(alice.get(channel(application)))
    page = text(
        alice.post(address, filled(application, sms_sender="Marlowe", try_text="Zażółć", try_to="PL"))
    )
    assert 'value="Marlowe"' in page
    assert 'value="PL"' in page
    assert "Zażółć</textarea>" in page
    assert "Nothing was saved" not in page
    assert "As sent" in page
    assert not MessageSettings.objects.exists()


def test_a_preview_takes_no_token_against_forgery_since_it_changes_nothing(
    cast: Any, application: Application
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    preview(client, application, try_text="Hello")
    assert client.post(channel(application), filled(application, sms_sender="Mallory")).status_code == 403


def test_settings_that_work_against_each_other_are_warned_of(alice: Client, application: Application) -> None:
    words = "Nobody can reply to “Marlowe”"
    assert "Nobody can reply" not in preview(alice, application, sms_sender="Marlowe", try_text="Hello")
    set_to(application, sms_receive_callback="https://hooks.example.com/in")
    assert words in preview(alice, application, sms_sender="Marlowe", try_text="Hello")
    assert "Nobody can reply" not in preview(alice, application, sms_sender="48600100200", try_text="Hello")
    set_to(application, sms_sender="Marlowe")
    assert words in text(alice.get(channel(application)))


def test_a_text_that_would_lose_characters_is_warned_of(alice: Client, application: Application) -> None:
    page = preview(alice, application, sms_alphabet="NON_GSM", try_text="Żółw ↔ ↕ ↔ ؟ ‽")
    assert "2 different characters become “?”" in page
    assert "Nothing in GSM-7 is near them: ↔ ↕." in page
    assert "become “?”" not in preview(alice, application, sms_alphabet="NON_GSM", try_text="Żółw?")
    page = preview(alice, application, sms_alphabet="NONE", try_text="Żółw")
    assert "These characters are outside GSM-7: Ż ó ł." in page
    assert "The whole text goes as UCS-2, with 70 characters in a part" in page


def test_characters_that_cannot_be_seen_are_named_by_their_code(
    alice: Client, application: Application
) -> None:
    page = preview(alice, application, sms_alphabet="NON_GSM", try_text="a\u00a0b\u00a0c")
    assert '<span class="chip">U+00A0 → U+0020 ×2</span>' in page


def test_markup_in_a_text_is_text(alice: Client, application: Application) -> None:
    page = alice.post(
        of(application, "message_preview", "sms"),
        filled(application, try_text="<script>alert(1)</script>", try_to='"><img>'),
    ).content.decode()
    assert "<script>alert" not in page
    assert "<img>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_otp_shows_the_pin_and_what_guessing_takes(alice: Client, application: Application) -> None:
    template = "{{pin}} is your Marlowe code. It expires in 5 minutes. Never share it."
    page = preview(alice, application, "otp", otp_template=template, otp_sender="Marlowe")
    assert '<mark title="The PIN">482913</mark> is your Marlowe code.' in page
    assert "1 part · GSM-7 · 69 characters" in page
    assert "1 in 1,000,000 a try" in page
    assert "5 minutes, or 3 wrong tries" in page
    page = preview(alice, application, "otp", otp_pin_type="letters", otp_pin_length=4, otp_max_attempts=1)
    assert "1 in 456,976 a try" in page
    assert "5 minutes, or the first wrong try" in page
    assert "A PIN has 4 to 10" in preview(alice, application, "otp", otp_pin_length=3)


def test_every_preview_says_what_is_held_when_the_clocks_change(
    alice: Client, application: Application
) -> None:
    quiet = {"sms_quiet_start": "02:00", "sms_quiet_stop": "02:30", "try_text": "Hi", "try_to": "PL"}
    before = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Warsaw"))
    for hours in range(4):
        with time_machine.travel(before + timedelta(hours=hours), tick=False):
            assert "This would not be sent" not in preview(alice, application, **quiet)


def test_created_leads_to_messages(alice: Client, application: Application) -> None:
    confirm(alice)
    address = f"/panel/{application.account_id}/applications/new/"
    confirm(alice)
    answer = alice.post(address, {"name": "New", "lifetime": "1 day", "scopes": ["sms"]})
    made = Application.objects.get(name="New")
    assert f'<a href="{of(made, "messages")}">Messages</a>' in text(answer)
