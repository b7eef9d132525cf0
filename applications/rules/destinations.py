"""In which time zone a message arrives."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_geographical_number

from applications.errors import InvalidParam
from applications.rules.area_zones import AREAS, SHARED_AREAS, TERRITORIES
from applications.rules.country_zones import ZONES

_NUMBER: Final = re.compile(r"\+[0-9][0-9 ().-]{4,30}")
_COUNTRY: Final = re.compile(r"[A-Za-z]{2}")
_LONGEST_AREA: Final = max(map(len, AREAS))
# Two zones count as the same clock when they agree at both; any recent year does.
_WINTER, _SUMMER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def zone_of(to: str | None, country_iso: str | None, timezone: str | None, default: ZoneInfo) -> ZoneInfo:
    """Return the time zone of a destination: the one given, else that of its number, else of its country.

    `to` is a number in E.164, `country_iso` a code of ISO 3166-1 alpha-2, `timezone` a name of the tz
    database; each may be missing. `default` is for when none is given, and for numbers of no country
    (+800, +882). A number always gets a zone of its own country: the one of its area, and where it may be in
    several (a mobile number of Russia), that of them in which most people live. A country gets its zone with
    most people. `country_iso` also tells which country a number is of that several share (+61, +1 800).

    Raises InvalidParam for a value that is unknown, also when another one decides.
    """
    named = timezone and zone_named(timezone)
    country = _country(country_iso) if country_iso else None
    by_number = to and _zone_of_number(to, country)
    return named or by_number or (ZoneInfo(_zones(country)[0]) if country else default)


def zone_named(name: str, param: str = "timezone") -> ZoneInfo:
    """Return the zone called `name` in the tz database. Raises InvalidParam."""
    if name not in known_zones():
        raise InvalidParam(param, _("There is no such time zone. Use a name such as Europe/Warsaw or UTC."))
    return ZoneInfo(name)


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the tz database; read once, since reading them takes 20 ms.

    ClientAndToken before ZoneInfo, which opens a file of whatever name it is given.
    """
    return frozenset(available_timezones())


def _country(code: str) -> str:
    """Return the code in capitals."""
    if not (_COUNTRY.fullmatch(code) and code.upper() in ZONES):
        message = _("There is no such country. Use a code of two letters, such as PL (ISO 3166-1 alpha-2).")
        raise InvalidParam("countryIso", message)
    return code.upper()


def _zone_of_number(text: str, country: str | None) -> ZoneInfo | None:
    """Return the zone of a number in E.164; None for one of no country."""
    number = _parsed(text)
    names = tuple(name for name in time_zones_for_geographical_number(number) if name != UNKNOWN_TIMEZONE)
    region = _region(number, country, names)
    zones = _zones(region) if region else tuple(name for name in names if name in known_zones())
    if len(zones) < 2:
        return ZoneInfo(zones[0]) if zones else None
    area = _of_area(_digits(number), AREAS)
    if area in zones:
        return ZoneInfo(area)
    candidates = _own(names, zones)
    shared = _of_area(_digits(number), SHARED_AREAS) if len(candidates) > 1 else None
    return ZoneInfo(shared if shared in zones else candidates[0])


def _region(number: phonenumbers.PhoneNumber, country: str | None, names: tuple[str, ...]) -> str | None:
    """Return the country of a number: `country` if it can be, else the one that its digits belong to.

    For a number that nobody has been given: a country of its calling code that has one of
    `names`, its possible zones, else the main country of the code.
    """
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    if country in sharing and phonenumbers.is_valid_number_for_region(number, country):
        return country
    found = _of_area(_digits(number), TERRITORIES) or phonenumbers.region_code_for_number(number)
    if found is None:
        found = next((code for code in sharing if set(names) & set(ZONES.get(code, ()))), sharing[0])
    return found if found in ZONES else None


def _zones(country: str) -> tuple[str, ...]:
    """Return the zones of a country that this machine's tz database has, most people first."""
    return tuple(name for name in ZONES[country] if name in known_zones())


def _digits(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def _of_area(digits: str, areas: Mapping[str, str]) -> str | None:
    prefixes = (digits[:length] for length in range(_LONGEST_AREA, 0, -1))
    return next((areas[prefix] for prefix in prefixes if prefix in areas), None)


@cache
def _own(names: tuple[str, ...], zones: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a country's `zones` that `names`, its own or stand-ins, mean; all when they mean none."""
    meant = {name if name in zones else _same_clock(name, zones) for name in names}
    return tuple(zone for zone in zones if zone in meant) or zones


def _same_clock(stand_in: str, zones: tuple[str, ...]) -> str | None:
    """Return the first of `zones` with the clock of `stand_in`, if need be only in winter: +7401 is Bucharest's."""
    if stand_in not in known_zones():
        return None
    offsets = _offsets(stand_in)
    exact = (zone for zone in zones if _offsets(zone) == offsets)
    in_winter = (zone for zone in zones if _offsets(zone)[0] == offsets[0])
    return next(exact, None) or next(in_winter, None)


@cache
def _offsets(name: str) -> tuple[timedelta | None, ...]:
    return tuple(moment.astimezone(ZoneInfo(name)).utcoffset() for moment in (_WINTER, _SUMMER))


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
