"""Forms for the codes of a second factor: each code works once, and wrong ones are counted by our own throttle."""

import time

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as library
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms

from applications.authentication.throttle import CodeThrottle
from applications.models import User
from applications.operations.sign_in import use_code
from applications.rules.one_time_codes import step_of


class _Code(forms.Form):
    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        """Return the code that was accepted; `self.authenticator` is what it belongs to."""
        code = "".join(self.cleaned_data["code"].split())
        throttle = CodeThrottle(context.request, self.user)
        # Passkeys have no codes. An app's code comes first: it is by far the more frequent.
        having_codes = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        found = sorted(having_codes, key=lambda row: row.type != Authenticator.Type.TOTP)
        for authenticator in found:
            if throttle.allows(authenticator.type) and _accepts(authenticator, code):
                authenticator.user = self.user
                self.authenticator = authenticator
                return code
        return self._refuse(throttle, found)

    def _refuse(self, throttle: CodeThrottle, found: list[Authenticator]) -> str:
        too_many = not throttle.allows(Authenticator.Type.TOTP)
        throttle.record_failure()
        if found:
            self._emit_authentication_failed(found[0])  # type: ignore[attr-defined]  # the library's form has it
        raise get_adapter().validation_error("too_many_codes" if too_many else "incorrect_code")


class CodeForm(_Code, library.AuthenticateForm):  # type: ignore[misc]  # the library has no types
    """A code as the second factor."""


class ConfirmByCodeForm(_Code, library.ReauthenticateForm):  # type: ignore[misc]
    """A code to prove once more who one is."""


class SetUpAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app: it sets it up, and is not worth a second factor after that."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        if not _takes(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


def _accepts(authenticator: Authenticator, code: str) -> bool:
    if authenticator.type == Authenticator.Type.TOTP:
        return _takes(get_adapter().decrypt(authenticator.data["secret"]), code)
    return bool(authenticator.wrap().validate_code(code))


def _takes(secret: str, code: str) -> bool:
    step = step_of(secret, "".join(code.split()), moment=time.time(), tolerance=app_settings.TOTP_TOLERANCE)
    return step is not None and use_code(secret, step)
