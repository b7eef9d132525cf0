"""How a view of the API is declared: what it does in words, what it takes and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from applications.descriptions.parts import Node, Translatable, ref

type View = Callable[..., HttpResponse]

# Status → name under components/responses.
REFUSALS = {
    "400": "InvalidParam",
    "401": "InvalidCredentials",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "408": "RequestTimeout",
    "409": "Conflict",
    "413": "RequestTooLarge",
    "415": "UnsupportedMediaType",
    "429": "RateLimitExceeded",
    "500": "ServerError",
    "503": "TemporarilyUnavailable",
}
EVERYWHERE = ("400", "401", "403", "405", "429", "500", "503")
OF_BODIES = ("408", "413", "415")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of an address of the API. `refusals` are statuses beyond those that every operation has.

    `security`, where it is not None, stands in place of a token or an API key with a scope.
    """

    name: str
    summary: Translatable
    description: Translatable
    answers: Mapping[str, Node]
    body: Node | None = None
    parameters: tuple[Node, ...] = ()
    refusals: tuple[str, ...] = ()
    tag: str = "Applications"
    other_security: list[Node] = field(default_factory=list)
    security: list[Node] | None = None

    def node(self, scope: str) -> Node:
        """Return it as OpenAPI writes it, called with a credential that has `scope`."""
        known: Node = {
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "security": self.security or self._by_scope(scope),
            "responses": dict(self.answers),
        }
        if self.parameters:
            known["parameters"] = list(self.parameters)
        if self.body is not None:
            known["requestBody"] = self.body
        for status in sorted({*EVERYWHERE, *self.refusals, *(OF_BODIES if self.body else ())}):
            known["responses"][status] = ref("responses", REFUSALS[status])
        return known

    def _by_scope(self, scope: str) -> list[Node]:
        return [{"accessToken": [scope]}, {"apiKey": [scope]}, *self.other_security]


@dataclass(frozen=True, slots=True)
class Described:
    """A view of one method with what is said about it; called, it is the view."""

    view: View
    operation: Operation

    def __call__(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.view(*args, **kwargs)


def describes(operation: Operation) -> Callable[[View], Described]:
    """Declare what a view of one method does, beside it."""
    return lambda view: Described(view, operation)
