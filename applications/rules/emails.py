"""Email addresses of people."""

from typing import Final, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from applications.errors import InvalidParam

LONGEST: Final = 254  # characters, as the column has


class EmailAddress(str):
    """An email address in lower case, because people do not tell the two apart; made of any text, or InvalidParam."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        email = text.strip().lower()
        if not _is_email(email):
            raise InvalidParam("email", _("Write an email address, such as name@example.com."))
        if len(email) > LONGEST:
            message = _("An email address has at most {most} characters.").format(most=LONGEST)
            raise InvalidParam("email", message)
        return super().__new__(cls, email)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable()  # Django lets a domain turn the direction of the text around it
