"""How an application treats an SMS, by its ID or with one of its tokens."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from applications.models.statements.conditions import TOKEN_TABLES, live_token
from applications.models.statements.running import fetch_row
from applications.models.statements.tokens import (
    COLUMNS,
    TOKEN_COLUMNS,
    FoundToken,
    found_token,
)
from applications.rules.previews import SmsSettings
from applications.rules.quiet_hours import parse_quiet_hours
from applications.rules.transliteration import Alphabet

# The settings of one application and the time zone of its account: a preview is asked for before each message, so
# they come with the token in one round trip.
SMS_SETTINGS = """settings.sms_sender, settings.sms_alphabet, settings.sms_remove_emojis,
    settings.sms_quiet_start, settings.sms_quiet_stop, owner.timezone"""
OF_CLIENT = "LEFT JOIN applications_messagesettings settings ON settings.application_id = client.id"
FIND_SMS_SETTINGS = f"""
SELECT {SMS_SETTINGS} FROM applications_application client
JOIN applications_account owner ON owner.id = client.account_id {OF_CLIENT}
WHERE client.application_id = %s
"""
FIND_TOKEN_AND_SMS_SETTINGS = f"""
SELECT {TOKEN_COLUMNS}, {SMS_SETTINGS} FROM {TOKEN_TABLES} {OF_CLIENT}
WHERE {live_token()}
"""


@dataclass(frozen=True, slots=True)
class FoundSmsSettings:
    """What an application does to an SMS, and the name of its account's time zone."""

    sms_settings: SmsSettings
    timezone: str


def find_sms_settings(application_id: str) -> FoundSmsSettings | None:
    """Return how the application of this ID treats an SMS; None when there is no such application."""
    row = fetch_row(FIND_SMS_SETTINGS, [application_id])
    return None if row is None else _sms_settings(row)


def find_token_and_sms_settings(
    key: uuid.UUID, moment: datetime
) -> tuple[FoundToken, FoundSmsSettings] | None:
    """Return what `find_token` returns, with how the token's application treats an SMS."""
    row = fetch_row(FIND_TOKEN_AND_SMS_SETTINGS, [key, moment])
    return None if row is None else token_and_sms_settings(row)


def token_and_sms_settings(row: Sequence[Any]) -> tuple[FoundToken, FoundSmsSettings]:
    """Return the token and the settings of a row of TOKEN_COLUMNS and SMS_SETTINGS."""
    return found_token(row[: len(COLUMNS)]), _sms_settings(row[len(COLUMNS) :])


def _sms_settings(row: Sequence[Any]) -> FoundSmsSettings:
    sender, alphabet, remove_emojis, start, stop, timezone = row
    if alphabet is None:  # nobody has changed a setting yet
        return FoundSmsSettings(SmsSettings(), timezone)
    quiet = parse_quiet_hours(start, stop)
    return FoundSmsSettings(SmsSettings(sender, Alphabet(alphabet), bool(remove_emojis), quiet), timezone)
