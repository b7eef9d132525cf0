"""In which time zone a message arrives."""

import re
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number

from applications.errors import InvalidParam
from applications.rules.country_zones import MAIN_ZONES

_NUMBER: Final = re.compile(r"\+[0-9][0-9 ().-]{4,30}")
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")


def zone_of(to: str | None, country_iso: str | None, timezone: str | None, default: ZoneInfo) -> ZoneInfo:
    """Return the time zone of a destination: the one given, else that of its number, else of its country.

    `to` is a number in E.164, `country_iso` a code of ISO 3166-1 alpha-2, `timezone` a name of the tz
    database; each may be missing. `default` is for when none is given, and for numbers of no country
    (+800, +882). A mobile number, or a country, may have several zones: then the country's zone with
    most people is taken, and for an area that has not got that one, the first of its own.

    Raises InvalidParam for a value that is unknown, also when another one decides.
    """
    zones = (
        timezone and zone_named(timezone),
        to and _zone_of_number(to),
        country_iso and _zone_of_country(country_iso),
    )
    return next((zone for zone in zones if zone), default)


def zone_named(name: str, param: str = "timezone") -> ZoneInfo:
    """Return the zone called `name` in the tz database. Raises InvalidParam."""
    if name not in known_zones():
        raise InvalidParam(param, _("There is no such time zone. Use a name such as Europe/Warsaw or UTC."))
    return ZoneInfo(name)


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the tz database; read once, since reading them takes 20 ms.

    Asked before ZoneInfo, which opens a file of whatever name it is given.
    """
    return frozenset(available_timezones())


def _zone_of_country(code: str) -> ZoneInfo:
    name = MAIN_ZONES.get(code.upper()) if _COUNTRY.fullmatch(code) else None
    if name is None:
        message = _("There is no such country. Use a code of two letters, such as PL (ISO 3166-1 alpha-2).")
        raise InvalidParam("countryIso", message)
    return ZoneInfo(name)


def _zone_of_number(text: str) -> ZoneInfo | None:
    """Return the zone of a number in E.164; None for one of no country."""
    number = _parsed(text)
    names = [name for name in time_zones_for_geographical_number(number) if name != UNKNOWN_TIMEZONE]
    main = MAIN_ZONES.get(phonenumbers.region_code_for_country_code(number.country_code or 0))
    if main is not None and (main in names or not names):
        return ZoneInfo(main)
    known = [name for name in names if name in known_zones()]
    return ZoneInfo(known[0]) if known else None


def _parsed(text: str) -> phonenumbers.PhoneNumber:
    if not _NUMBER.fullmatch(text):
        raise InvalidParam(
            "to", _("A number starts with + and its country code, such as +48600100200 (E.164).")
        )
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise InvalidParam("to", _("No country has the code at the start of this number.")) from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidParam("to", _("This number is too short or too long for its country."))
    return number
