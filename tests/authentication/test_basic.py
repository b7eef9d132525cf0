"""The parser of HTTP Basic, by property: it reads what a client writes and raises ValueError for all else."""

import base64
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.authentication.basic import parse_basic


@given(client_id=st.text(), secret=st.text())
def test_what_a_client_writes_is_read(client_id: str, secret: str) -> None:
    pair = f"{quote_plus(client_id, errors='surrogatepass')}:{quote_plus(secret, errors='surrogatepass')}"
    header = "Basic " + base64.b64encode(pair.encode()).decode()
    if any("\ud800" <= letter <= "\udfff" for letter in client_id + secret):
        with pytest.raises(ValueError, match=r"utf-8|UTF-8|surrogate"):
            parse_basic(header)
    else:
        assert parse_basic(header) == (client_id, secret)


@given(st.text())
def test_anything_is_read_or_refused_by_value_error(header: str) -> None:
    for text in (header, f"Basic {header}"):
        try:
            client_id, secret = parse_basic(text)
        except ValueError:
            continue
        assert isinstance(client_id, str)
        assert isinstance(secret, str)


@given(st.binary())
def test_any_bytes_in_base64_are_read_or_refused(pair: bytes) -> None:
    try:
        client_id, _secret = parse_basic("Basic " + base64.b64encode(pair).decode())
    except ValueError:
        return
    assert b":" in pair
    assert "\x00" in client_id or client_id == client_id.strip("\x00")


@pytest.mark.parametrize("encoded", ["YTpi YTpi", "YTpi\n", "YTpi=", "YTp", "-_-_", "YTpi====", "WVRwaQ"])
def test_base64_is_strict(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"base64|colon"):
        parse_basic(f"Basic {encoded}")
