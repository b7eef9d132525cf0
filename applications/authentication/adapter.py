"""What differs from the defaults of django-allauth: no sign-up, our own texts, URLs from the configured address."""

from typing import Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import Login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.authentication.address import client_address
from applications.authentication.confirmation import is_recent
from applications.authentication.devices import remember_device
from applications.authentication.passkey_hosts import offers_passkeys
from applications.authentication.throttle import PasswordThrottle
from applications.operations import mails
from applications.operations.second_factors import has_second_factor

HOUR = 3600  # seconds
BY_PASSKEY = "mfa_reauthenticate:webauthn"  # the library's name for this way


class AccountAdapter(DefaultAccountAdapter):
    """Signing in by email and password."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("Email or password is wrong"),
        "too_many_login_attempts": _("Too many tries from this address"),
        "sign_in_stopped": _("Too many tries from this address"),
        "incorrect_password": _("This password is wrong."),
        "enter_current_password": _("This is not your current password."),
        "rate_limited": _("Too many tries. Wait a minute, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves: members are invited, accounts are made by the operator."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether `next` may lead there; what is no URL ("http://[::1") does not."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse to check a password from an address that sent far too many; not for one who confirms their own."""
        if (
            not request.user.is_authenticated
            and PasswordThrottle(request, credentials.get("email", "")).stopped
        ):
            raise self.validation_error("sign_in_stopped")

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a wrong password, whether or not somebody has this email."""
        if request.user.is_authenticated:
            return  # the library's own limit for confirming counts it, for the person
        if PasswordThrottle(request, credentials.get("email", "")).record_failure():
            raise self.validation_error("too_many_login_attempts")

    def is_login_by_code_required(self, login: Login) -> bool:
        """Whether a right password takes a mailed code too: after many wrong ones, without a second factor."""
        methods = [record["method"] for record in get_authentication_records(self.request, login.user)]
        if methods[-1:] != ["password"] or has_second_factor(login.user):
            return False
        return PasswordThrottle(self.request, login.email or login.user.email).takes_proof

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Whether the library's pages ask for the password: by the panel's rule, where signing in counts."""
        return not is_recent(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The ways to confirm who one is; no passkey where the address of the panel is a number."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        without = [] if offers_passkeys(self.request) else [BY_PASSKEY]
        return [method for method in methods if method["id"] not in without]

    def post_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse:
        """Return the answer to a person who signed in, with the cookie that marks this browser as known."""
        response: HttpResponse = super().post_login(request, user, **how)
        remember_device(request, response, user)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that tries are counted for: never one that the client has written itself."""
        return str(client_address(request))

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the mail, under the configured address: a forged Host header must not decide it."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return str(settings.PUBLIC_URL) + path.replace("UID-KEY", quote(key))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of the mails of templates/account/email/, as text and HTML, after the answer."""
        more = {"public_url": settings.PUBLIC_URL, "reset_hours": settings.PASSWORD_RESET_TIMEOUT // HOUR}
        drawn = self.render_mail(template_prefix, email, {"email": email, **context, **more})
        letter = {**more, "subject": drawn.subject, "text": drawn.body.rpartition("\n--\n")[0]}
        html = render_to_string("emails/letter.html", letter)
        mails.send.enqueue(
            subject=drawn.subject, body=drawn.body, sender=drawn.from_email, to=drawn.to, html=html
        )


class MFAAdapter(DefaultMFAAdapter):
    """Authenticator app, recovery codes, passkeys."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong, or was valid only a moment ago."),
        "too_many_codes": _(
            "Too many wrong codes. Use a passkey or a recovery code, or set a new password and sign in with it."
        ),
    }

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """A first name for a passkey, to be changed by its owner."""
        known = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)d") % {"number": known + 1} if known else gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site passkeys belong to: the configured one, whatever the Host header says."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "localhost", "name": "Latchkey"}
