"""Forms of passkeys: the sign-in library's, so that nothing a browser can send makes them fail.

The library hands what was sent to a parser of nested binary formats (WebAuthn, CBOR, COSE), which fails in as
many ways as there are wrong bytes, and not all of its errors are documented. None of it is our fault: it is a
wrong code.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as library
from django import forms
from django.core.exceptions import ValidationError
from django.db import Error

logger = logging.getLogger(__name__)


@contextmanager
def _malformed_is_wrong() -> Iterator[None]:
    """Show "This code is wrong" for every error but a ValidationError, which has its own text, and a database error."""
    try:
        yield
    except (ValidationError, Error):
        raise
    except Exception as error:
        logger.info("a passkey's answer was not understood", exc_info=error)
        raise get_adapter().validation_error("incorrect_code") from None


class CredentialField(forms.JSONField):
    """What the browser's passkey answered: a JSON object."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        with (
            _malformed_is_wrong()
        ):  # too deep, or a number of too many digits: errors that JSONField lets through
            found = super().to_python(value)
            if found is not None and not isinstance(found, dict):
                raise TypeError("not an object")
            return found


class AddPasskeyForm(library.AddWebAuthnForm):  # type: ignore[misc]  # the library has no types
    """Adding a passkey."""

    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        with _malformed_is_wrong():
            cleaned: dict[str, Any] = super().clean()
        return cleaned


class _Answer(forms.Form):
    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        """Return the passkey that the answer proves."""
        with _malformed_is_wrong():
            return super().clean_credential()  # type: ignore[misc]  # the library's form comes next


class PasskeyForm(_Answer, library.AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as the second factor."""


class SignInByPasskeyForm(_Answer, library.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of email and password."""


class ConfirmByPasskeyForm(_Answer, library.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey to prove once more who one is."""
