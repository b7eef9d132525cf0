"""What may stand as the sender."""

import pytest

from applications.errors import InvalidParam
from applications.rules.sender_ids import SenderId, is_alphanumeric, problem


@pytest.mark.parametrize(
    "sender", ["ABC", "InfoText", "Marlowe", "Shop24", "24h", "A-B_C.D&E", "12345678901"[:10] + "a"]
)
def test_good_names(sender: str) -> None:
    assert problem(sender) is None
    assert is_alphanumeric(sender)


@pytest.mark.parametrize(
    "sender", ["123", "+48600100200", "48600100200", "123456789012345", "+123456789012345"]
)
def test_good_numbers(sender: str) -> None:
    assert problem(sender) is None
    assert not is_alphanumeric(sender)


@pytest.mark.parametrize(
    ("sender", "says"),
    [
        ("My Shop", "no spaces"),
        (" Shop", "no spaces"),
        ("Shop\n", "no spaces"),
        ("Shop\xa0", "no spaces"),
        ("12", "3 to 15 digits"),
        ("+12", "3 to 15 digits"),
        ("1234567890123456", "3 to 15 digits"),
        ("", "3 to 11 letters"),
        ("AB", "3 to 11 letters"),
        ("ABCDEFGHIJKL", "3 to 11 letters"),
        ("1-2", "at least one letter"),
        ("++48", "at least one letter"),
        ("Café", "letters A to Z"),
        ("١٢٣", "letters A to Z"),
        ("Shop!", "digits and - _ . &"),
        ("Shop+1", "digits and - _ . &"),
    ],
)
def test_bad_ones_say_what_is_allowed(sender: str, says: str) -> None:
    found = problem(sender)
    assert found is not None
    assert says in found
    assert not is_alphanumeric(sender)


def test_check_names_the_parameter() -> None:
    SenderId("Marlowe")
    with pytest.raises(InvalidParam, match="no spaces") as caught:
        SenderId("My Shop", "enforceOriginator")
    assert caught.value.param == "enforceOriginator"
