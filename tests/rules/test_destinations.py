"""The time zone of a number, a country, or a name."""

from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest

from applications.errors import InvalidParam
from applications.rules.area_zones import AREAS, SHARED_AREAS
from applications.rules.country_zones import ZONES
from applications.rules.destinations import zone_named, zone_of

ACCOUNT = ZoneInfo("Pacific/Apia")
CODES = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
# Mobile numbers of these countries have the code of an area, like landlines.
WITH_AN_AREA = {"CA": "America/Halifax"}


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+48600100200", "Europe/Warsaw"),
        ("+40 721 555 013", "Europe/Bucharest"),
        ("+1 (212) 555-0123", "America/New_York"),
        ("+14155550123", "America/Los_Angeles"),
        ("+18085550123", "Pacific/Honolulu"),
        ("+15145550123", "America/Toronto"),
        ("+18765550123", "America/Jamaica"),
        ("+18005550123", "America/New_York"),  # toll-free: anywhere in +1
        ("+447700900123", "Europe/London"),
        ("+79161234567", "Europe/Moscow"),  # a mobile number may be anywhere in Russia
        ("+74232123456", "Asia/Vladivostok"),  # a landline is not
        ("+77012345678", "Asia/Almaty"),  # Kazakhstan shares +7
        ("+61412345678", "Australia/Sydney"),
        ("+61731234567", "Australia/Brisbane"),
        ("+34600000000", "Europe/Madrid"),
        ("+351912345678", "Europe/Lisbon"),
        ("+5511999999999", "America/Sao_Paulo"),
        ("+383 44 123 456", "Europe/Belgrade"),
        # One zone: `phonenumbers` names another country's with the same clock in winter.
        ("+212520123456", "Africa/Casablanca"),
        ("+212650123456", "Africa/Casablanca"),
        ("+212528812345", "Africa/El_Aaiun"),
        ("+213551234567", "Africa/Algiers"),
        ("+218912345678", "Africa/Tripoli"),
        ("+50581234567", "America/Managua"),
        ("+211977123456", "Africa/Juba"),
        ("+970599123456", "Asia/Hebron"),
        ("+375291234567", "Europe/Minsk"),
        ("+353851234567", "Europe/Dublin"),
        # Several: the one of the area, under the name that its country gives it.
        ("+61893456789", "Australia/Perth"),
        ("+61882345678", "Australia/Adelaide"),
        ("+61889812345", "Australia/Darwin"),
        ("+61740512345", "Australia/Brisbane"),
        ("+61891641234", "Indian/Christmas"),
        ("+17095551234", "America/St_Johns"),
        ("+17098961234", "America/Goose_Bay"),
        ("+19074411234", "America/Anchorage"),
        ("+18673931234", "America/Whitehorse"),
        ("+18678731234", "America/Inuvik"),
        ("+13065551234", "America/Regina"),
        ("+14745551234", "America/Regina"),
        ("+16053341234", "America/Chicago"),
        ("+16053421234", "America/Denver"),  # Rapid City
        ("+12083201234", "America/Boise"),
        ("+74012345678", "Europe/Kaliningrad"),
        ("+78452123456", "Europe/Saratov"),
        ("+526141234567", "America/Chihuahua"),
        ("+526561234567", "America/Ciudad_Juarez"),
        ("+528681234567", "America/Matamoros"),
        ("+526641234567", "America/Tijuana"),
        ("+558133334444", "America/Recife"),
        ("+5592987654321", "America/Manaus"),
        ("+56987654321", "America/Santiago"),
        ("+56612221234", "America/Punta_Arenas"),
        ("+56322100123", "Pacific/Easter"),
        ("+59352526123", "Pacific/Galapagos"),
        ("+34928123456", "Atlantic/Canary"),
        ("+351292123456", "Atlantic/Azores"),
        ("+62967531234", "Asia/Jayapura"),
        ("+299321234", "America/Nuuk"),
        ("+6433050123", "Pacific/Chatham"),
    ],
)
def test_number(number: str, zone: str) -> None:
    assert zone_of(number, None, None, ACCOUNT).key == zone


@pytest.mark.parametrize("number", ["+80012345678", "+882 13 123456", "+870773111632"])
def test_number_of_no_country(number: str) -> None:
    assert zone_of(number, None, None, ACCOUNT) == ACCOUNT
    assert zone_of(number, "PL", None, ACCOUNT).key == "Europe/Warsaw"


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("PL", "Europe/Warsaw"),
        ("us", "America/New_York"),
        ("RU", "Europe/Moscow"),
        ("AU", "Australia/Sydney"),
        ("MA", "Africa/Casablanca"),
        ("BR", "America/Sao_Paulo"),
    ],
)
def test_country(code: str, zone: str) -> None:
    assert zone_of(None, code, None, ACCOUNT).key == zone


def test_the_more_exact_decides() -> None:
    assert zone_of("+48600100200", "US", "Asia/Tokyo", ACCOUNT).key == "Asia/Tokyo"
    assert zone_of("+48600100200", "US", None, ACCOUNT).key == "Europe/Warsaw"
    assert zone_of(None, "US", None, ACCOUNT).key == "America/New_York"
    assert zone_of(None, None, None, ACCOUNT) == ACCOUNT
    assert zone_of("", "", "", ACCOUNT) == ACCOUNT


@pytest.mark.parametrize(
    ("to", "country", "timezone", "param", "says"),
    [
        ("48600100200", None, None, "to", "starts with \\+"),
        ("+1-800-FLOWERS", None, None, "to", "starts with \\+"),
        ("+48600100200;ext=5", None, None, "to", "starts with \\+"),
        ("+" + "1" * 1_000_000, None, None, "to", "starts with \\+"),
        ("+99912345678", None, None, "to", "No country"),
        ("+4860", None, None, "to", "starts with \\+"),
        ("+48600", None, None, "to", "too short"),
        ("+48600100200300400", None, None, "to", "too short or too long"),
        (None, "XX", None, "countryIso", "two letters"),
        (None, "POL", None, "countryIso", "two letters"),
        (None, "ſt", None, "countryIso", "two letters"),
        (None, None, "Europe/Warsav", "timezone", "no such time zone"),
        (None, None, "../../etc/passwd", "timezone", "no such time zone"),
        (None, None, "Europe", "timezone", "no such time zone"),
        ("+48600100200", "XX", None, "countryIso", "two letters"),  # also when the number decides
        ("+48600", None, "Europe/Warsaw", "to", "too short"),
    ],
)
def test_unknown_ones(
    to: str | None, country: str | None, timezone: str | None, param: str, says: str
) -> None:
    with pytest.raises(InvalidParam, match=says) as caught:
        zone_of(to, country, timezone, ACCOUNT)
    assert caught.value.param == param


def test_zone_of_a_setting() -> None:
    assert zone_named("Europe/Warsaw").key == "Europe/Warsaw"
    with pytest.raises(InvalidParam) as caught:
        zone_named("Mars/Olympus", "time_zone")
    assert caught.value.param == "time_zone"


@pytest.mark.parametrize(
    ("number", "country", "zone"),
    [
        ("+61412345678", "CX", "Indian/Christmas"),
        ("+61893456789", "CX", "Australia/Perth"),  # a landline of Perth is nowhere else
        ("+18002123456", "CA", "America/Toronto"),
        ("+212650123456", "EH", "Africa/El_Aaiun"),
        ("+48600100200", "MA", "Europe/Warsaw"),
    ],
)
def test_the_country_decides_about_numbers_that_several_share(number: str, country: str, zone: str) -> None:
    assert zone_of(number, country, None, ACCOUNT).key == zone


def test_every_country_has_zones_that_exist() -> None:
    assert {zone for zones in ZONES.values() for zone in zones} <= available_timezones()
    assert set(phonenumbers.SUPPORTED_REGIONS) - set(ZONES) == {
        "AC",
        "TA",
    }  # parts of SH, told by +247, +290


def test_every_area_lies_in_its_country() -> None:
    for prefix, zone in {**AREAS, **SHARED_AREAS}.items():
        code = next(int(prefix[:size]) for size in (1, 2, 3) if int(prefix[:size]) in CODES)
        assert zone in {zone for region in CODES[code] for zone in ZONES[region]}, prefix


EXAMPLES = [
    (region, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    for region in sorted(set(phonenumbers.SUPPORTED_REGIONS) & set(ZONES))
    for kind in phonenumbers.PhoneNumberType.values()
    if (number := phonenumbers.example_number_for_type(region, kind))
]


def test_numbers_of_every_country_get_a_zone_of_it() -> None:
    assert len(EXAMPLES) > 1000
    for region, number in EXAMPLES:
        known = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        alone = zone_of(number, None, None, ACCOUNT).key
        # Numbers of small territories may be those of the country that they share a code with.
        assert alone in ZONES[region] or (known is not None and alone in ZONES[known]), number
        assert zone_of(number, region, None, ACCOUNT).key in ZONES[region], number


def test_number_and_country_agree_where_there_is_one_zone() -> None:
    for region, number in EXAMPLES:
        if len(ZONES[region]) == 1:
            by_country = zone_of(None, region, None, ACCOUNT)
            assert zone_of(number, region, None, ACCOUNT) == by_country, number


@pytest.mark.parametrize("region", [region for region, zones in ZONES.items() if len(zones) > 1])
def test_mobile_numbers_without_an_area_get_the_zone_with_most_people(region: str) -> None:
    if number := phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE):
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        expected = WITH_AN_AREA.get(region, ZONES[region][0])
        assert zone_of(written, None, None, ACCOUNT).key == expected, written
