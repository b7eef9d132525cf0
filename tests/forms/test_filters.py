"""What a list makes of its address: what fits is taken, anything else counts as not said, nothing is refused."""

from datetime import date

import pytest
from django.http import QueryDict

from applications.forms.activity import ActivityFilters
from applications.forms.audit_log import AuditFilters

CLIENT = "a06550299dd0942120f921de34e3acbd1b57a743"
REQUEST = "5a1c0f52-8a5b-4b0c-9e0e-0a7f0a3c9d11"
NOTHING_SAID = ActivityFilters(reason="", application="", request="", before=None)
HOSTILE = ["%00", "%ED%A0%80", "9" * 5000, "[[[", "'; DROP TABLE x; --", "%F0%9F%92%A9" * 50]


# --- Refused requests ---------------------------------------------------------------------------


def activity(query: str) -> ActivityFilters:
    return ActivityFilters.read(QueryDict(query))


def test_what_is_said_of_refused_requests_is_taken() -> None:
    said = activity(f"reason=address&application={CLIENT}&request={REQUEST}&refused_before=7")
    assert said == ActivityFilters("address", CLIENT, REQUEST, 7)
    assert said.narrows
    assert said.request_id == REQUEST


@pytest.mark.parametrize("name", ["reason", "application", "refused_before"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_cannot_be_meant_of_refused_requests_is_not_said(name: str, value: str) -> None:
    assert activity(f"{name}={value}") == NOTHING_SAID


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "1e3", str(2**63), " "])
def test_a_place_in_the_list_is_a_key(value: str) -> None:
    assert activity(f"refused_before={value}").before is None


def test_the_last_key_that_a_column_can_hold_is_a_place() -> None:
    assert activity(f"refused_before={2**63 - 1}").before == 2**63 - 1


@pytest.mark.parametrize(
    ("typed", "looked_up"),
    [
        (f"  {REQUEST.upper()} ", REQUEST),
        (REQUEST[:-1], ""),
        (f"{REQUEST}0", ""),
        (REQUEST.replace("-", ""), ""),
        (f"{REQUEST}\n", REQUEST),
        ("nothing like that", ""),
    ],
)
def test_the_id_of_a_request_may_be_pasted_with_what_is_around_it(typed: str, looked_up: str) -> None:
    query = QueryDict(mutable=True)
    query["request"] = typed
    assert ActivityFilters.read(query).request_id == looked_up


def test_looking_up_a_request_or_going_on_leaves_nothing_out() -> None:
    assert not activity(f"request={REQUEST}&refused_before=7").narrows
    assert activity("reason=scope").narrows
    assert activity(f"application={CLIENT}").narrows


@pytest.mark.parametrize("application", [CLIENT.upper(), CLIENT[:-1], f"{CLIENT}0", "g" * 40])
def test_an_application_is_named_by_its_whole_id(application: str) -> None:
    assert activity(f"application={application}").application == ""


# --- The audit log ------------------------------------------------------------------------------


def audit(query: str) -> AuditFilters:
    return AuditFilters.read(QueryDict(query))


def test_what_is_said_of_the_audit_log_is_taken_and_said_again() -> None:
    query = f"q=192.0.2.1&who=user%3Aalice%40marlowe.example&action=secret%3Areset&application={CLIENT}"
    query += "&first=2026-11-01&last=2026-11-30"
    said = audit(f"{query}&before=9&after=3")
    assert said == AuditFilters(
        "192.0.2.1",
        "user:alice@marlowe.example",
        "secret:reset",
        CLIENT,
        date(2026, 11, 1),
        date(2026, 11, 30),
    )
    assert (said.before, said.after) == (9, 3)
    assert said.query == query  # for the exports, which are of the whole list


@pytest.mark.parametrize("name", ["action", "application", "first", "last", "before", "after", "who"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_cannot_be_meant_of_the_audit_log_is_not_said(name: str, value: str) -> None:
    said = audit(f"{name}={value}")
    assert said == AuditFilters()
    assert (said.before, said.after, said.is_narrowed, said.query) == (None, None, False, "")


@pytest.mark.parametrize("who", ["command", "application", "user:alice@marlowe.example", "user:"])
def test_somebody_is_a_kind_or_one_of_a_kind(who: str) -> None:
    assert audit(f"who={who}").who == who


@pytest.mark.parametrize("who", ["", "alice@marlowe.example", ":user", "User", "robot:x"])
def test_anybody_else_is_nobody(who: str) -> None:
    assert audit(f"who={who}").who == ""


@pytest.mark.parametrize(
    "one", ["q=x", "who=command", "action=secret:reset", "first=2026-11-01", "last=2026-11-01"]
)
def test_each_filter_narrows_the_list(one: str) -> None:
    assert audit(one).is_narrowed


@pytest.mark.parametrize("place", ["before=1", "after=1", "before=0&after=0"])
def test_a_place_in_the_list_is_no_filter(place: str) -> None:
    assert not audit(place).is_narrowed
