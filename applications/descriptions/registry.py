"""Where views register their descriptions, from which the document is gathered by the addresses."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from applications.descriptions.parts import Node, in_path

_operations: dict[Callable[..., Any], Mapping[str, Node]] = {}
_components: dict[str, dict[str, Node]] = {"schemas": {}, "responses": {}}


def describe[View: Callable[..., Any]](view: View, **operations: Node) -> View:
    """Register what a view answers to each method (`get`, `post` …), and return the view."""
    _operations[view] = operations
    return view


def add_schemas(**schemas: Node) -> None:
    """Register schemas that one edge alone has; those of several are in schemas.py."""
    _components["schemas"].update(schemas)


def add_responses(**responses: Node) -> None:
    """Register responses that operations refer to by name."""
    _components["responses"].update(responses)


def described_paths() -> dict[str, Node]:
    """Return every address whose view is described, in the order of the URL patterns."""
    paths: dict[str, Node] = {}
    for address, view in _addresses(get_resolver().url_patterns, "/"):
        if view in _operations:
            named = [parameter for name, parameter in in_path().items() if f"{{{name}}}" in address]
            paths[address] = {**({"parameters": named} if named else {}), **_operations[view]}
    return paths


def components() -> dict[str, dict[str, Node]]:
    """Return what was registered beside the operations; complete once `described_paths` has loaded the views."""
    return _components


def _addresses(
    patterns: list[URLPattern | URLResolver], before: str
) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, address)
        else:
            named = address.replace("<str:application_id>", "{applicationId}").replace(
                "<str:delivery_id>", "{id}"
            )
            yield named, pattern.callback
