"""POST /messages/preview: what an application's settings make of a text, for the platform to ask before it sends."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from applications.api import bodies, rates
from applications.api.bodies import Keys, flag, structure, text
from applications.api.clients import authenticated_client
from applications.api.errors import NOT_KEPT, ApiError, Good, answer, invalid
from applications.api.outputs import time
from applications.api.preview_description import PREVIEW
from applications.api.resource_servers import check_the_platform
from applications.authentication.clients import Client
from applications.authentication.credentials import accept, asked_token
from applications.authentication.resource_servers import is_basic
from applications.descriptions.registry import describe
from applications.models.statements.message_settings import (
    FoundSmsSettings,
    find_sms_settings,
    find_token_and_sms_settings,
)
from applications.models.statements.tokens import FoundToken
from applications.operations.last_used import Run
from applications.rules.destinations import zone_of
from applications.rules.json_bytes import json_bytes
from applications.rules.previews import MeasuredText, Preview, SmsSettings, has_previewed, preview
from applications.rules.transliteration import parse_alphabet

TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
LAST_YEAR = 2999  # what comes near the last one that can be written overflows in another time zone
FROM_ALL: Keys = {
    "text": text,
    "from": text,
    "to": text,
    "countryIso": text,
    "timezone": text,
    "scheduledDate": text,
    "transliteration": structure,
}
FROM_THE_PLATFORM: Keys = {**FROM_ALL, "applicationId": text}
SCOPE = "sms"
TRANSLITERATION: Keys = {"alphabet": text, "removeEmojis": flag}


class FirstPreview(Exception):
    """No preview was made in this process yet."""


def messages_preview(request: HttpRequest) -> HttpResponse:
    """Answer a resource server (HTTP Basic) about any application, other clients about their own."""
    settings: Callable[[dict[str, Any]], FoundSmsSettings]
    if is_basic(request):
        check_the_platform(request)
        settings = _of_application
    else:
        settings = _of_client(request)
    if request.method != "POST":
        raise ApiError("method_not_allowed", "Use POST.", {"Allow": "POST"})
    values = bodies.read(request, FROM_THE_PLATFORM if is_basic(request) else FROM_ALL)
    return answer(_written(_preview(values, settings(values))))


def preview_asked(
    request: HttpRequest,
) -> tuple[uuid.UUID, Callable[[tuple[FoundToken, FoundSmsSettings], datetime, Run], Good]]:
    """Return the key of the token that a preview is asked for with, and what makes its answer (config/frequent.py).

    Raises FirstPreview where making it would let all others wait.
    """
    if not has_previewed():
        raise FirstPreview
    key, values = asked_token(request), bodies.read(request, FROM_ALL)

    def tell(found: tuple[FoundToken, FoundSmsSettings], moment: datetime, run: Run) -> Good:
        token, settings = found
        # Before `accept`, which records: it may raise.
        body = json_bytes(_written(_preview(values, settings)))
        accept(request, token, (SCOPE,), moment, run)
        return NOT_KEPT, body

    return key, tell


def _of_application(values: dict[str, Any]) -> FoundSmsSettings:
    """Return the settings of the application that a resource server names."""
    if not (application_id := values.get("applicationId")):
        raise invalid("applicationId", "Say whose settings to use.")
    if (found := find_sms_settings(application_id)) is None:
        raise ApiError("not_found", "There is no application of this ID.")
    return found


def _of_client(request: HttpRequest) -> Callable[[dict[str, Any]], FoundSmsSettings]:
    """Return what gives the settings of the client's application, having checked the client.

    They were read with the token. An API key belongs to no application, and has the defaults.
    """
    with_token: list[FoundSmsSettings] = []

    def find(key: uuid.UUID, moment: datetime) -> FoundToken | None:
        found = find_token_and_sms_settings(key, moment)
        if found is None:
            return None
        with_token.append(found[1])
        return found[0]

    known = authenticated_client(request, SCOPE, find)
    rates.count_request(request, known)
    return lambda _values: with_token[0] if with_token else _defaults(known)


def _defaults(key: Client) -> FoundSmsSettings:
    return FoundSmsSettings(SmsSettings(), key.account_timezone)


def _preview(values: dict[str, Any], settings: FoundSmsSettings) -> Preview:
    zone = zone_of(
        values.get("to"), values.get("countryIso"), values.get("timezone"), ZoneInfo(settings.timezone)
    )
    changed = _transliteration(values)
    return preview(
        values.get("text", ""),
        replace(settings.sms_settings, **changed) if changed else settings.sms_settings,
        sender=values.get("from", ""),
        zone=zone,
        now=now(),
        scheduled=_scheduled(values.get("scheduledDate")),
    )


def _scheduled(written: str | None) -> datetime | None:
    if not written:
        return None
    try:
        if not TIME.fullmatch(written):
            raise ValueError(written)
        moment = datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        message = "It must be a time in UTC, exactly as 2026-11-24 21:55:00."
        raise invalid("scheduledDate", message) from None
    if moment.year > LAST_YEAR:
        raise invalid("scheduledDate", f"It must be a time up to the year {LAST_YEAR}.")
    return moment


def _transliteration(values: dict[str, Any]) -> dict[str, Any]:
    """Return which settings are others for this text."""
    changed: dict[str, Any] = {}
    for name, value in values.get("transliteration", {}).items():
        path = f"transliteration.{name[:40]}"
        if name not in TRANSLITERATION:
            raise invalid(path, f"It is unknown. Known are {', '.join(TRANSLITERATION)}.")
        try:
            read = TRANSLITERATION[name](value)
        except ValueError as error:
            raise invalid(path, f"It must be {error}.") from None
        changed |= {"alphabet": parse_alphabet(read, path)} if name == "alphabet" else {"remove_emojis": read}
    return changed


def _written(made: Preview) -> dict[str, Any]:
    analysis = made.transliteration_analysis
    return {
        "text": made.text,
        "from": made.sender,
        "parts": made.parts,
        "textAnalysis": {
            "length": made.text_analysis.length,
            "unicode": made.text_analysis.unicode,
            "parts": made.text_analysis.parts,
        },
        "transliterationAnalysis": {
            "totalOriginalParts": analysis.original.parts,
            "totalReplacedParts": analysis.replaced.parts,
            "totalPartsSaved": analysis.parts_saved,
            "text": {
                "original": _measured(analysis.original),
                "replaced": {**_measured(analysis.replaced), "characters": analysis.characters},
            },
        },
        "inQuietHours": made.in_quiet_hours,
        "scheduledAt": time(made.scheduled_at.astimezone(UTC)) if made.scheduled_at else None,
    }


def _measured(one: MeasuredText) -> dict[str, Any]:
    return {"text": one.text, "length": one.length, "parts": one.parts, "encoding": one.encoding}


describe(messages_preview, post=PREVIEW.node(SCOPE))
