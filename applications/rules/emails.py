"""Email addresses, as people are known by."""

from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST = 254  # characters, as the column has (RFC 5321 section 4.5.3.1.3)


class Email(str):
    """An address, in lower case because people do not tell the two apart. InvalidParam("email") for another."""

    __slots__ = ()

    def __new__(cls, typed: str) -> Self:
        text = typed.strip().lower()
        try:
            validate_email(text)
        except ValidationError:
            raise InvalidParam("email", _("Write an email address, such as name@example.com.")) from None
        if len(text) > LONGEST:
            raise InvalidParam("email", _("This email address is too long."))
        return super().__new__(cls, text)
