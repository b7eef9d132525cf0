"""Scopes, by property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.rules.scopes import TOKEN, effective, parse_scope, write_grants

names = st.from_regex(r"\A[a-z][a-z0-9._-]{0,8}\Z")


@given(st.lists(names, max_size=64))
def test_names_joined_by_spaces_are_read_once_each_in_order(words: list[str]) -> None:
    assert parse_scope(" ".join(words)) == tuple(dict.fromkeys(words))
    if words:
        assert parse_scope("  ".join(["", *words, ""])) == tuple(dict.fromkeys(words))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        words = parse_scope(text)
    except ValueError:
        return
    assert all(TOKEN.fullmatch(word) and word in text for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "sms\tgroups",
        "sms\xa0groups",
        "sms\ngroups",
        '"sms"',
        "sms\\",
        "smś",
        "\x7f",
        "sms,groups",
        "sms;groups",
        "sms|groups",
        "sms+groups",
        "sms, groups",
    ],
)
def test_only_the_space_separates(text: str) -> None:
    with pytest.raises(ValueError, match="no scope has"):
        parse_scope(text)


@pytest.mark.parametrize("text", [" ", "   "])
def test_spaces_alone_are_no_scope(text: str) -> None:
    with pytest.raises(ValueError, match="spaces alone"):
        parse_scope(text)
    assert parse_scope("") == ()


def test_more_scopes_than_there_are_is_refused() -> None:
    assert len(parse_scope(" ".join(f"scope{number}" for number in range(64)))) == 64
    with pytest.raises(ValueError, match="more scopes"):
        parse_scope(" ".join(f"scope{number}" for number in range(65)))


def test_case_matters() -> None:
    assert effective("SMS", 9, "sms:0") == ()


@given(st.dictionaries(names, st.integers(0, 50)), st.sets(names), st.integers(0, 50))
def test_a_token_uses_what_both_hold_since_before_its_issue(
    since: dict[str, int], token: set[str], generation: int
) -> None:
    expected = {name for name in token if name in since and since[name] <= generation}
    assert set(effective(" ".join(token), generation, write_grants(since))) == expected
