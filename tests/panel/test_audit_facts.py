"""The details of a row of the audit log in words, and what is never among them. No database."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from applications.models import AuditEvent, MessageSettings
from applications.models.audit import Action
from applications.panel.audit_facts import OF_PAIRS, SAID, facts_of

WARSAW = ZoneInfo("Europe/Warsaw")


def facts(action: Action, **details: Any) -> list[str]:
    return [str(fact) for fact in facts_of(AuditEvent(action=action, details=details), WARSAW)]


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"lifetime": "never"}, "Token lifetime: Never"),
        ({"lifetime": "of a later version"}, "Token lifetime: of a later version"),
        ({"name": ""}, "Name: Untitled"),
        ({"scopes": "sms groups"}, "Scopes: sms, groups"),
        ({"scopes": "all"}, "Scopes: all, and those added later"),
        ({"scopes": ""}, "Scopes: none"),
        ({"role": "viewer"}, "Role: Viewer"),
        ({"role": "king"}, "Role: king"),
        ({"added": ["192.0.2.1/32", "2001:db8::/32"]}, "Added: 192.0.2.1, 2001:db8::/32"),
        ({"old": "cdef"}, "Old secret: the one ending in cdef"),
        (
            {"ended": ["cdef", "0123"]},
            "Older secrets stopped: the one ending in cdef, the one ending in 0123",
        ),
        ({"stops": "2026-11-24T12:00:00+00:00"}, "Old secret stops: 2026-11-24 13:00:00 CET"),
        ({"expires": "some day"}, "Expires: some day"),
        ({"tokens_revoked": True}, "All tokens revoked: Yes"),
        ({"by": ["password", "totp"]}, "With: password, authenticator app"),
        ({"by": ["password", "of a later version"]}, "With: password, of a later version"),
        (
            {"wrong": {"password": 2, "second_factor": 1}},
            "Wrong: password (2), code of the second factor (1)",
        ),
        ({"addresses": {"192.0.2.1": 3}}, "From: 192.0.2.1 (3)"),
        ({"tries": 3}, "Tries: 3"),
    ],
)
def test_a_detail_is_told_in_words(details: dict[str, Any], words: str) -> None:
    assert facts(Action.SECRET_RESET, **details) == [words]


@pytest.mark.parametrize("nothing", [[], False, None])
def test_what_was_not_done_is_not_told(nothing: object) -> None:
    assert facts(Action.SECRET_RESET, tokens_revoked=nothing, ended=nothing) == []


@pytest.mark.parametrize("action", Action)
def test_what_has_no_words_is_never_shown(action: Action) -> None:
    """So that nothing an operation writes in future shows by accident."""
    for value in ("hunter2", ["hunter2", "hunter3"], {"hunter2": 1}):
        assert facts(action, secret=value, digest=value, **{"": value}) == []


@pytest.mark.parametrize("action", sorted(OF_PAIRS))
def test_a_change_is_told_as_before_and_after(action: Action) -> None:
    assert facts(action, name=["Old", "New"]) == ["Name: Old → New"]
    assert facts(action, lifetime=["1 day", "never"], role=["viewer", "admin"]) == [
        "Token lifetime: 1 day → Never",
        "Role: Viewer → Admin",
    ]


@pytest.mark.parametrize("value", ["one", ["one"], ["one", "two", "three"], None, {}])
def test_a_change_that_is_no_pair_is_left_out(value: object) -> None:
    assert facts(Action.APPLICATION_CHANGED, name=value, timezone=["UTC", "Europe/Warsaw"]) == [
        "Time zone: UTC → Europe/Warsaw"
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", "Not set"),
        ("https://hooks.example.com/a", "https://hooks.example.com/a"),
        ("https://hooks.example.com:8443/a?key=hunter2", "https://hooks.example.com:8443/a…"),
        ("https://user:hunter2@hooks.example.com/a", "https://hooks.example.com/a…"),
        ("https://hooks.example.com/a#hunter2", "https://hooks.example.com/a…"),
    ],
)
def test_a_callback_is_shown_without_what_may_be_a_secret(url: str, shown: str) -> None:
    other = "https://other.example/"
    [line] = facts(Action.MESSAGES_CHANGED, sms_dlr_callback=[url, other])
    assert line == f"SMS delivery reports: {shown} → {other}"
    assert "hunter2" not in line


def test_callbacks_that_differ_in_their_secret_alone_are_told_apart_in_words() -> None:
    [line] = facts(
        Action.MESSAGES_CHANGED,
        viber_dlr_callback=["https://hooks.example.com/a?key=1", "https://hooks.example.com/a?key=2"],
    )
    assert line == "Viber delivery reports: https://hooks.example.com/a… → another password or query"


def test_every_message_setting_has_its_words() -> None:
    columns = {field.name for field in MessageSettings._meta.fields} - {"id", "application"}
    assert columns <= SAID.keys()
    assert facts(Action.MESSAGES_CHANGED, sms_remove_emojis=[False, True]) == ["SMS: Remove emojis: No → Yes"]
    assert facts(Action.MESSAGES_CHANGED, multichannel_expire_after_ttl=[True, False]) == [
        "Multichannel: Expire after TTL: Yes → No"
    ]
    assert facts(Action.MESSAGES_CHANGED, otp_callback=["", "https://a.example/"]) == [
        "One-time passwords: Not set → https://a.example/"
    ]
