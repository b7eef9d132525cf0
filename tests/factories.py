"""Makes what a test begins with: through the operations, where there is one."""

from datetime import datetime, timedelta
from hashlib import sha256

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils.timezone import now
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from applications.models import AccessToken, Account, Application, Membership, Scope, User
from applications.models.applications import Lifetime
from applications.models.memberships import Role
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR
from applications.operations.applications import create_application
from applications.rules.credentials import hint, new_credential, token_key
from applications.rules.emails import EmailAddress
from applications.rules.names import Name, ProperName
from applications.rules.time_zones import TimeZone

PASSWORD = "a long and dull password"


def make_user(email: str, name: str = "") -> User:
    """Return a user who is in no account yet; the password is PASSWORD."""
    return User.objects.create_user(email, PASSWORD, name=name)


def make_account(
    name: str = "Marlowe Logistics", owner: str = "alice@marlowe.example", owner_name: str = "Alice Marlowe"
) -> Account:
    """Return an account in Warsaw; its owner is made too, with PASSWORD, unless the email is known."""
    return create_account(
        name=ProperName(name),
        timezone=TimeZone("Europe/Warsaw"),
        owner_email=EmailAddress(owner),
        owner_name=Name(owner_name),
        owner_password=PASSWORD,
        actor=OPERATOR,
    )


def make_member(account: Account, user: User, role: Role = Role.VIEWER) -> User:
    """Put a user into an account and return the user."""
    Membership.objects.create(account=account, user=user, role=role)
    return user


def make_application(
    account: Account,
    scopes: str = "sms groups",
    name: str = "Order notifications",
    lifetime: Lifetime = Lifetime.DAY,
) -> tuple[Application, str]:
    """Return a new application and its secret."""
    return create_application(
        account=account,
        name=Name(name),
        lifetime=lifetime,
        scopes=Scope.objects.filter(name__in=scopes.split()),
        actor=OPERATOR,
    )


def make_token(
    application: Application,
    value: str = "",
    *,
    scope: str = "",
    lives: timedelta | None = timedelta(days=1),
    issued_at: datetime | None = None,
    ip: str = "198.51.100.23",
    last_used_at: datetime | None = None,
) -> AccessToken:
    """Return a stored token of `value` (else a random one), live unless it lived out; `lives` None: for ever.

    As a row: what issuing one does besides (counting, "last used") is not wanted here.
    """
    value, issued_at = value or new_credential(), issued_at or now()
    return AccessToken.objects.create(
        key=token_key(value),
        hint=hint(value),
        application=application,
        generation=Application.objects.get(pk=application.pk).generation,
        scope=scope or application.scope,
        issued_at=issued_at,
        issued_ip=ip,
        expires_at=issued_at + lives if lives else None,
        last_used_at=last_used_at,
        last_used_ip=ip if last_used_at else None,
    )


def make_passkey(user: User, name: str = "ThinkPad") -> Authenticator:
    """Return a stored passkey as a browser would have made it at localhost; no device answers for it."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = ES256.from_cryptography_key(public)  # type: ignore[no-untyped-call]  # the library has no types for it
    made = AttestedCredentialData.create(bytes(16), b"a passkey", key)
    proof = AuthenticatorData.create(sha256(b"localhost").digest(), AuthenticatorData.FLAG(0x45), 0, made)
    client_data = CollectedClientData.create("webauthn.create", b"challenge", "http://localhost")
    response = {
        "clientDataJSON": websafe_encode(bytes(client_data)),
        "attestationObject": websafe_encode(bytes(AttestationObject.create("none", proof, {}))),
    }
    identifier = websafe_encode(b"a passkey")
    credential = {"id": identifier, "rawId": identifier, "type": "public-key", "response": response}
    return Authenticator.objects.create(
        user=user, type="webauthn", data={"name": name, "credential": credential}
    )
