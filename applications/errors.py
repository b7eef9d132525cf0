"""What can go wrong in the domain: a code and a message, no HTTP. Each edge owns its table from code to status."""

from typing import ClassVar


class DomainError(Exception):
    """Base of all; `code` is stable and for clients, `message` is for people and may be translated."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class InvalidParam(DomainError):
    """A value cannot be used; `param` names it as the caller knows it."""

    code = "invalid_param"

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param


class NotFound(DomainError):
    """The thing does not exist, or belongs to someone else: the two are not told apart."""

    code = "not_found"


class AccessDenied(DomainError):
    """The caller is known and may not do this."""

    code = "access_denied"


class LimitReached(DomainError):
    """There are as many of the thing as there may be; nothing was written."""

    code = "limit_reached"


class Conflict(DomainError):
    """Somebody else changed the thing since the caller read it; nothing was written."""

    code: ClassVar[str] = "conflict"
