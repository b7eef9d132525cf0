"""Fields: each makes one parsed type of what was typed, or says what is allowed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.forms import Field
from django.http import QueryDict
from django.utils import timezone

from applications.forms.allowed_ips import AllowedIPForm, LockOutForm
from applications.forms.api_keys import LastDayField
from applications.forms.callbacks import CallbackField
from applications.forms.deletion import DeleteApplicationForm, words_to_type
from applications.forms.lines import NameField, NoteField
from applications.forms.message_fields import (
    ALPHABETS,
    AlphabetField,
    ClockField,
    SenderField,
    WholeField,
)
from applications.forms.parsed import ParsedField
from applications.forms.secrets import KeysField, ResetSecretForm
from applications.forms.state import SwitchForm
from applications.models import Application
from applications.rules.emails import EmailAddress
from applications.rules.message_settings import PIN_LENGTH
from applications.rules.names import Name, Note
from applications.rules.networks import NetworkText
from applications.rules.safe_urls import CallbackUrl
from applications.rules.sender_ids import SenderId
from applications.rules.transliteration import Alphabet

WARSAW = ZoneInfo("Europe/Warsaw")
TODAY = datetime(2026, 11, 24, 23, 30, tzinfo=WARSAW)  # still the 24th there, and in UTC
APPLICATION_ID = "a06550299dd0942120f921de34e3acbd1b57a743"


def complaint(field: Field, value: object) -> tuple[str, str]:
    """The code of the error and what it says."""
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    [error] = refused.value.error_list
    return str(error.code), error.messages[0]


# --- Lines, emails and networks -----------------------------------------------------------------


@pytest.mark.parametrize(("field", "kind"), [(NameField(), Name), (NoteField(), Note)])
def test_a_line_becomes_its_own_type(field: Field, kind: type) -> None:
    assert field.clean("  Shop servers ") == "Shop servers"
    assert type(field.clean("Shop servers")) is kind


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_an_empty_line_is_one_of_its_type_where_it_may_be_empty(empty: str | None) -> None:
    assert type(NoteField(required=False).clean(empty)) is Note
    assert complaint(NameField(), empty)[0] == "required"


def test_a_line_with_a_break_is_told_what_a_name_is() -> None:
    assert complaint(NameField(), "two\nlines") == ("line", "A name is one line, without control characters.")
    assert complaint(NoteField(), "x" * 101)[1].endswith("at most 100 characters (it has 101).")


def test_a_parsed_field_gives_what_its_parser_made() -> None:
    field = ParsedField(EmailAddress, required=False)
    assert type(field.clean("Dora@Marlowe.Example")) is EmailAddress
    assert field.clean("") == ""
    assert complaint(field, "dora")[0] == "invalid"


def test_a_line_of_the_list_is_canonical() -> None:
    form = AllowedIPForm({"network": " 192.0.2.1 ", "note": ""})
    assert form.is_valid()
    assert form.cleaned_data == {"network": "192.0.2.1/32", "note": ""}
    assert {type(value) for value in form.cleaned_data.values()} == {NetworkText, Note}


@pytest.mark.parametrize("typed", ["192.0.2.1/24", "example.com", "fe80::1%eth0"])
def test_what_is_no_network_is_told_why(typed: str) -> None:
    form = AllowedIPForm({"network": typed})
    assert not form.is_valid()
    assert form.errors.as_data()["network"][0].code == "network"


# --- Answers to a question ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "answered", "also"),
    [
        ("", False, []),
        ("save=", False, []),
        ("save=perhaps&chosen=192.0.2.1", False, []),
        ("save=without&chosen=192.0.2.1", True, []),
        ("save=with", True, []),
        ("save=with&chosen=192.0.2.1&chosen=2001:db8::/32", True, ["192.0.2.1/32", "2001:db8::/32"]),
        ("save=with&chosen=nonsense", False, []),
    ],
)
def test_only_a_whole_answer_adds_addresses(query: str, answered: bool, also: list[str]) -> None:
    form = LockOutForm(QueryDict(query))
    assert (form.answered, form.also) == (answered, also)


@pytest.mark.parametrize(
    ("value", "right"), [("on", True), ("off", True), ("", False), ("ON", False), ("1", False)]
)
def test_a_switch_has_two_ways(value: str, right: bool) -> None:
    assert SwitchForm({"enabled": value}).is_valid() is right


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        (None, []),
        ([], []),
        (["7", "12"], [7, 12]),
        (["7", "x", "", "-1", "1.5", "９", "9" * 20], [7]),
        (["9" * 19], [9_999_999_999_999_999_999]),
    ],
)
def test_what_can_be_no_key_counts_as_none(values: list[str] | None, keys: list[int]) -> None:
    assert KeysField(required=False).clean(values) == keys


def test_a_reset_that_does_not_say_which_secret_was_seen_is_out_of_date() -> None:
    for current in ("", "x"):
        form = ResetSecretForm({"overlap": "0", "current": current})
        assert form.errors["current"] == ["This form does not say which secret it is about. Open it again."]


def test_the_chosen_overlap_has_the_focus_when_the_dialog_opens() -> None:
    html = str(ResetSecretForm()["overlap"])
    assert html.count("autofocus") == html.count("checked") == 1
    assert 'value="24 hours"' in html[: html.index("checked")].rpartition("<input")[2]


# --- Typing a name to confirm -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [("Order notifications", "Order notifications"), ("Two  spaces", "Two spaces"), ("", APPLICATION_ID[:8])],
)
def test_what_is_to_be_typed_is_what_a_browser_shows(name: str, words: str) -> None:
    assert words_to_type(Application(name=name, application_id=APPLICATION_ID)) == words


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("Order notifications", True),
        ("  Order   notifications ", True),
        ("order notifications", False),
        ("Order", False),
        ("", False),
    ],
)
def test_only_the_whole_name_deletes(typed: str, right: bool) -> None:
    application = Application(name="Order notifications", application_id=APPLICATION_ID)
    form = DeleteApplicationForm(application, {"typed": typed})
    assert form.is_valid() is right
    assert right or "Nothing was deleted." in form.errors["typed"][0]


# --- The last day of a key ----------------------------------------------------------------------


@time_machine.travel(TODAY, tick=False)
def test_a_key_works_until_the_end_of_its_last_day_where_the_account_is() -> None:
    with timezone.override(WARSAW):
        end = LastDayField().clean("2026-11-24")
    assert end == datetime(2026, 11, 24, 23, 59, 59, tzinfo=WARSAW)
    with (
        timezone.override(ZoneInfo("Pacific/Auckland")),
        pytest.raises(ValidationError, match="today or a later day"),
    ):
        LastDayField().clean("2026-11-24")  # there it is the 25th


@time_machine.travel(datetime(2026, 10, 1, tzinfo=UTC), tick=False)
def test_where_clocks_are_set_back_over_midnight_the_day_ends_the_second_time() -> None:
    havana = ZoneInfo("America/Havana")  # at 01:00 on 1 November 2026, back to 00:00
    with timezone.override(havana):
        assert LastDayField().clean("2026-10-31") == datetime(2026, 11, 1, 3, 59, 59, tzinfo=UTC)
        assert LastDayField().clean("2026-11-01") == datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC)


@time_machine.travel(TODAY, tick=False)
@pytest.mark.parametrize(
    ("days", "code"), [(-1, "past"), (0, ""), (3650, ""), (3651, "far")], ids=lambda value: str(value)
)
def test_a_last_day_is_within_ten_years(days: int, code: str) -> None:
    field = LastDayField()
    with timezone.override(WARSAW):
        day = (timezone.localdate() + timedelta(days=days)).isoformat()
        if code:
            assert complaint(field, day)[0] == code
        else:
            assert field.clean(day) is not None


def test_no_last_day_is_none() -> None:
    assert LastDayField(required=False).clean("") is None


# --- Message settings ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"), [("930", "09:30"), ("9:30", "09:30"), (" 21:30 ", "21:30"), ("", "")]
)
def test_a_time_of_day_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert ClockField(label="Start").clean(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [("2", "half_typed"), ("21:", "half_typed"), ("24:00", "clock"), ("21:555", "clock"), ("x", "clock")],
)
def test_a_time_that_may_still_become_one_is_told_apart(typed: str, code: str) -> None:
    assert complaint(ClockField(label="Start"), typed)[0] == code


def test_a_callback_is_https_and_public_or_empty() -> None:
    field = CallbackField(label="Delivery reports")
    assert type(field.clean(" https://hooks.example.com/a ")) is CallbackUrl
    assert field.clean("") == ""
    for wrong in (
        "http://hooks.example.com/a",
        "https://10.0.0.1/a",
        "https://user:pass@hooks.example.com/",
        "x",
    ):
        assert complaint(field, wrong)[0] == "url"


def test_a_sender_may_be_empty_where_none_is_enforced() -> None:
    assert SenderField(required=False).clean("") == ""
    assert type(SenderField().clean("Marlowe")) is SenderId
    assert complaint(SenderField(), "")[0] == "required"
    assert complaint(SenderField(), "Mar lowe")[0] == "sender"


@pytest.mark.parametrize("typed", ["3", "11", "x", "", "4.5", "9" * 5000])
def test_a_whole_number_is_told_both_its_limits(typed: str) -> None:
    assert complaint(WholeField(PIN_LENGTH), typed) == ("range", "A PIN has 4 to 10 characters.")


@pytest.mark.parametrize("typed", ["4", " 10 "])
def test_a_whole_number_within_its_limits_is_one(typed: str) -> None:
    assert WholeField(PIN_LENGTH).clean(typed) == int(typed)


def test_every_alphabet_is_offered_once_and_no_other_is_taken() -> None:
    offered = [value for value, _label in ALPHABETS]
    assert sorted(offered) == sorted(alphabet.value for alphabet in Alphabet)
    field = AlphabetField(choices=ALPHABETS)
    assert [field.clean(value) for value in offered] == offered
    code, words = complaint(field, "KLINGON")
    assert code == "alphabet"
    assert "POLISH" in words
