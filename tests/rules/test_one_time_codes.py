"""Codes of authenticator apps, against the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B)."""

import base64

import pytest

from applications.rules.one_time_codes import code_of, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
OF_COUNTERS = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]
OF_TIMES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    20000000000: "353130",
}


def test_codes_of_rfc_4226() -> None:
    assert [code_of(SECRET, step) for step in range(10)] == OF_COUNTERS


@pytest.mark.parametrize(("moment", "code"), OF_TIMES.items())
def test_codes_of_rfc_6238(moment: int, code: str) -> None:
    assert step_of(SECRET, code, moment=moment, tolerance=0) == moment // 30


def test_a_code_is_found_within_the_tolerance_alone() -> None:
    code = code_of(SECRET, 100)
    found = [step_of(SECRET, code, moment=step * 30, tolerance=1) for step in range(97, 104)]
    assert found == [None, None, 100, 100, 100, None, None]


@pytest.mark.parametrize("code", ["", "75522", "7552244", "٧٥٥٢٢٤", "\ud800", "755224\0"])
def test_what_is_no_code_is_not_found(code: str) -> None:
    assert step_of(SECRET, code, moment=0, tolerance=0) is None
