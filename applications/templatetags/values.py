"""Filters that write a value: short IDs, figures, initials."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.formats import number_format

from applications.rules import names

register = template.Library()


@register.filter
def short_id(value: str) -> str:
    """Shorten 40 characters to the first and last eight."""
    return f"{value[:8]}…{value[-8:]}" if len(value) > 17 else value


@register.filter
def isolated(name: object) -> str:
    """A name in a plain text (a title, a line of a mail), where <bdi> cannot stand."""
    return names.isolated(str(name))


@register.filter
def half(value: str, which: int) -> str:
    """The first (1) or second (2) 20 characters of a value, so that a long one may break between them."""
    return value[:20] if which == 1 else value[20:]


@register.filter
def number(value: int) -> str:
    """Write a figure with the separators of the reader's language: 1,204."""
    return number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def lookup(mapping: Mapping[Any, Any] | None, key: object) -> Any:
    """What `mapping` holds for `key`, or an empty text."""
    return (mapping or {}).get(key, (mapping or {}).get(str(key), ""))


@register.filter
def label_of(options: Iterable[tuple[str, Any]], value: str) -> Any:
    """What is shown for `value` among options that are (value, label)."""
    return dict(options).get(value, "")


@register.filter
def initials(person: object) -> str:
    """Two letters for a person's picture: Elena Kowalczyk gives EK, an address its first two."""
    words = str(person).split("@")[0].replace(".", " ").split()
    return ("".join(word[0] for word in words[:2]) if len(words) > 1 else str(person)[:2]).upper()
