"""The time zone of a number, a country, or a name."""

from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest

from applications.errors import InvalidParam
from applications.rules.country_zones import MAIN_ZONES
from applications.rules.destinations import zone_named, zone_of

ACCOUNT = ZoneInfo("Pacific/Apia")


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


def test_every_country_has_a_zone_that_exists() -> None:
    assert set(MAIN_ZONES.values()) <= available_timezones()
    assert set(phonenumbers.SUPPORTED_REGIONS) - set(MAIN_ZONES) == {
        "AC",
        "TA",
    }  # parts of SH, told by +247, +290


def test_numbers_of_every_country_are_placed() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        number = phonenumbers.example_number(region)
        assert number is not None
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        assert zone_of(written, None, None, ACCOUNT) != ACCOUNT or region == "WS", region
