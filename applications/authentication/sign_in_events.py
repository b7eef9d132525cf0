"""Signing in, and what guards it, goes into the audit log (docs/decisions/0016).

This is the one module that listens to signals: for second factors the sign-in library offers no other way, and where
it has a method to override as well, one way for all of them is easier to check.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.timezone import now

from applications.authentication.address import client_address
from applications.authentication.devices import device_of
from applications.models import User
from applications.models.audit import Action, ActorKind
from applications.operations import usage
from applications.operations.actors import Actor
from applications.operations.failed_sign_ins import Step
from applications.operations.sign_ins import record_of_person

JUST_NOW = timedelta(minutes=10)

type Receiver = Callable[..., None]

ADDED = {
    Authenticator.Type.TOTP: Action.SECOND_FACTOR_ADDED,
    Authenticator.Type.WEBAUTHN: Action.PASSKEY_ADDED,
    Authenticator.Type.RECOVERY_CODES: Action.RECOVERY_CODES_MADE,
}
REMOVED = {
    Authenticator.Type.TOTP: Action.SECOND_FACTOR_REMOVED,
    Authenticator.Type.WEBAUTHN: Action.PASSKEY_REMOVED,
    Authenticator.Type.RECOVERY_CODES: Action.RECOVERY_CODES_REMOVED,
}
USED = {
    Authenticator.Type.TOTP: Action.SECOND_FACTOR_USED,
    Authenticator.Type.WEBAUTHN: Action.PASSKEY_USED,
    Authenticator.Type.RECOVERY_CODES: Action.RECOVERY_CODE_USED,
}


def connect() -> None:
    """Listen; called once, when the app is ready."""
    for signal, receiver in RECEIVERS:
        signal.connect(receiver, dispatch_uid=f"audit of {receiver.__name__} {id(signal)}")


def record(
    request: HttpRequest | None, person: Any, action: Action, *, device: str = "", **details: Any
) -> None:
    """Write a row for `person`. Nothing is written without a request of a browser (in a command or a test)."""
    if isinstance(person, User) and (actor := _actor(request, person)):
        record_of_person(person=person, action=action, actor=actor, details=details, device=device)


def _actor(request: HttpRequest | None, person: User) -> Actor | None:
    request_id = getattr(request, "request_id", None)  # of config/request_ids.py
    if request is None or request_id is None:
        return None
    return Actor(ActorKind.USER, person.email, str(client_address(request)), request_id)


# --- Signing in and out --------------------------------------------------------------------------


def signed_in(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    methods = [entry.get("type", entry["method"]) for entry in get_authentication_records(request, user)]
    record(request, user, Action.SIGNED_IN, device=_new_device(request, user), by=methods)


def _new_device(request: HttpRequest, user: User) -> str:
    """Return the User-Agent of a browser in which the person has not signed in before; "" for a known one.

    Who has joined just now knows that they signed in.
    """
    if user.date_joined > now() - JUST_NOW or device_of(request, user.email) is not None:
        return ""
    return request.headers.get("User-Agent", "")[:200] or "?"


def signed_out(sender: Any, request: HttpRequest, user: User | None, **_more: Any) -> None:
    record(request, user, Action.SIGNED_OUT)


def wrong_password(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None, **_more: Any
) -> None:
    """Only counted here, so that the time of the answer does not say whether the email is known."""
    if (request_id := getattr(request, "request_id", None)) and request is not None:
        email = str(credentials.get("email") or credentials.get("username") or "")
        usage.record_failed_sign_in(
            email, Step.PASSWORD, ip=str(client_address(request)), request_id=request_id
        )


def wrong_code(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    ip = str(client_address(request))
    request_id = request.request_id  # type: ignore[attr-defined]  # config/request_ids.py
    usage.record_failed_sign_in(user.email, Step.SECOND_FACTOR, ip=ip, request_id=request_id)


# --- What guards it ------------------------------------------------------------------------------


def password_changed(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    record(request, user, Action.PASSWORD_CHANGED)


def password_reset(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    record(request, user, Action.PASSWORD_RESET)


def added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any) -> None:
    record(request, user, ADDED[Authenticator.Type(authenticator.type)])


def removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_more: Any
) -> None:
    record(request, user, REMOVED[Authenticator.Type(authenticator.type)])


def used(
    sender: Any,
    request: HttpRequest,
    user: User,
    authenticator: Authenticator,
    reauthenticated: bool = False,
    **_more: Any,
) -> None:
    purpose = "confirmation" if reauthenticated else "sign-in"
    record(request, user, USED[Authenticator.Type(authenticator.type)], purpose=purpose)


RECEIVERS: tuple[tuple[Signal, Receiver], ...] = (
    (account.user_logged_in, signed_in),
    (user_logged_out, signed_out),
    (user_login_failed, wrong_password),
    (mfa.authentication_failed, wrong_code),
    (account.password_changed, password_changed),
    (account.password_set, password_changed),
    (account.password_reset, password_reset),
    (mfa.authenticator_added, added),
    (mfa.authenticator_reset, added),
    (mfa.authenticator_removed, removed),
    (mfa.authenticator_used, used),
)
