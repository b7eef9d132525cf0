"""Names among other words, and names that nobody can type."""

import pytest

from applications.rules.names import can_be_typed, isolated, same_words


@pytest.mark.parametrize(
    "name",
    [
        "Order notifications",
        "a",
        "7",
        "Ночные отчёты",
        "مرحبا بالعالم",
        "שלום",
        "注文通知",
        "A & B (2) – no. 3!",
        "5 € + 1",
    ],
)
def test_what_a_keyboard_writes_can_be_typed(name: str) -> None:
    assert can_be_typed(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "🚀",
        "🚀🎉",
        "Rocket 🚀",
        "☎",
        "…",
        "שלום hello",
        "hello مرحبا",
        "a\u200bb",
        "a\u00adb",
        "\u2060",
        "a\u202egnp.exe",
        "\u3164",
        "A\u3164",
        "\u2800",
        "A\ufe0f",
        "A\ufeff",
        "A\ue000",
    ],
)
def test_what_is_not_seen_or_has_two_directions_cannot(name: str) -> None:
    assert not can_be_typed(name)


@pytest.mark.parametrize(
    ("typed", "name", "same"),
    [
        ("été", "e\u0301te\u0301", True),
        ("  Order   notifications ", "Order notifications", True),
        ("Order\u00a0notifications", "Order notifications", True),
        ("order notifications", "Order notifications", False),
        ("ete", "été", False),
    ],
)
def test_words_are_compared_as_they_are_seen(typed: str, name: str, same: bool) -> None:
    assert same_words(typed, name) is same


def test_only_a_name_that_turns_the_words_around_it_is_isolated() -> None:
    assert isolated("Order notifications 🚚") == "Order notifications 🚚"
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("a\u202egnp.exe") == "\u2068agnp.exe\u2069"
    assert isolated("out\u2069side") == "\u2068outside\u2069", "it cannot end its own isolation"
