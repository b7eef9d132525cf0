"""Idempotency-Key: how a client says that a request is the same as an earlier one."""

from typing import Final, Self

from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST: Final = 255


class IdempotencyKey(str):
    """1 to 255 visible characters of ASCII, such as a UUID; InvalidParam for others."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        if not 1 <= len(text) <= LONGEST or not text.isascii() or not text.isprintable() or " " in text:
            message = _("It has 1 to {most} visible characters of ASCII. A UUID is a good one.")
            raise InvalidParam("Idempotency-Key", message.format(most=LONGEST))
        return super().__new__(cls, text)
