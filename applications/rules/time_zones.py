"""Time zones of the tz database (IANA), as an account chooses one."""

from functools import cache
from typing import Self

from django.utils.translation import gettext as _

from applications.errors import InvalidParam
from applications.rules.country_zones import ZONES
from applications.rules.destinations import known_zones

UTC = "UTC"


class TimeZone(str):
    """The name of a time zone, such as Europe/Warsaw. InvalidParam("timezone") for what is none.

    People may type it in any case, with spaces, and without its continent where there is one city of that name.
    """

    __slots__ = ()

    def __new__(cls, typed: str) -> Self:
        name = _by_typed().get(_key(typed))
        if name is None:
            raise InvalidParam("timezone", _("Choose a time zone of the list, such as Europe/Warsaw."))
        return super().__new__(cls, name)


@cache
def offered_time_zones() -> tuple[str, ...]:
    """Return the names to choose from: those in use in some country, sorted, and UTC first."""
    used = {name for names in ZONES.values() for name in names}
    return (UTC, *sorted(used & known_zones()))


@cache
def _by_typed() -> dict[str, str]:
    """What may be typed, as `_key` makes it → the name of the zone; old names work too, and are kept as they are."""
    cities: dict[str, list[str]] = {}
    for name in offered_time_zones():
        cities.setdefault(_key(name.rpartition("/")[2]), []).append(name)
    by_city = {city: names[0] for city, names in cities.items() if len(names) == 1}
    return by_city | {_key(name): name for name in known_zones()}


def _key(typed: str) -> str:
    return "_".join(typed.split()).casefold()
