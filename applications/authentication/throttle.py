"""Slowing down who guesses passwords and codes, without shutting out who knows them (docs/decisions/0012).

Up to a first limit the password alone is enough. Beyond it a right password also takes a second proof: the person's
second factor, or a code that is mailed. Beyond a second limit, of an address alone, nothing is looked at any
more; a browser that the person has signed in with before never gets that far by what others do.
"""

from dataclasses import dataclass
from ipaddress import ip_network

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from applications.authentication.address import client_address
from applications.authentication.devices import device_of
from applications.models import User
from applications.operations.sign_in import DAY, MINUTE, Count

SITE, PROVIDERS = 64, 48  # bits of an IPv6 address: one household or server; what a customer may own at most
# Times SIGN_IN_TRIES.
PER_SITE, PER_PROVIDERS, PER_EMAIL = 1, 10, 6
STOP = 20  # times the limit of an address: where nothing is looked at any more
CODES, CODES_A_DAY = 6, 20
RECOVERY = 10  # times as many recovery codes as codes of an app may be tried: they have two digits more


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits of one count of failures: from `proof` on a second proof is needed, from `stop` on nothing is checked."""

    count: Count
    proof: int
    stop: int | None = None


class PasswordThrottle:
    """The limits that a try to sign in with `email` meets."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        self.email = email.strip().lower()
        device = device_of(request, self.email)
        own = Count(f"device:{device}", _window())
        # A known browser may have been stolen: it has a number of tries of its own, then it is treated like any other.
        self.own = own if device and own.number() < settings.SIGN_IN_TRIES * STOP else None
        self.of_address = [] if self.own else _of_address(request)

    @property
    def stopped(self) -> bool:
        """Whether no password from this address is checked for now."""
        return any(limit.stop is not None and limit.count.number() >= limit.stop for limit in self.of_address)

    @property
    def takes_proof(self) -> bool:
        """Whether a second proof is needed besides the right password for now."""
        limits = [] if self.own else [*self.of_address, self._of_email]
        return any(limit.count.number() >= limit.proof for limit in limits)

    def record_failure(self) -> bool:
        """Count a wrong password; return whether there were too many from the address."""
        if self.own:
            self.own.add()
            return False
        self._of_email.count.add()
        numbers = [(limit.count.add(), limit.proof) for limit in self.of_address]  # each is counted
        return any(number > most for number, most in numbers)

    @property
    def _of_email(self) -> Limit:
        # The limit of an email only asks for a second proof. If it blocked, anybody could lock out anybody else.
        return Limit(Count(f"email:{self.email}", _window()), settings.SIGN_IN_TRIES * PER_EMAIL)


class CodeThrottle:
    """How many codes of a second factor may be tried; by a known browser apart, by all others together.

    Counted for the password in force as well: who is shut out by somebody that knows it sets a new one by mail.
    """

    def __init__(self, request: HttpRequest, user: User) -> None:
        device = device_of(request, user.email)
        subject = f"code:{user.pk}:{user.password}" + (f":{device}" if device else "")
        self.limits = [
            Limit(Count(subject, _window()), settings.SIGN_IN_TRIES * CODES),
            Limit(Count(subject, DAY), settings.SIGN_IN_TRIES * CODES_A_DAY),
        ]

    def allows(self, kind: str) -> bool:
        """Whether a code of this kind of authenticator may still be tried."""
        times = RECOVERY if kind == Authenticator.Type.RECOVERY_CODES else 1
        return all(limit.count.number() < limit.proof * times for limit in self.limits)

    def record_failure(self) -> None:
        """Count a wrong code."""
        for limit in self.limits:
            limit.count.add()


def _window() -> int:
    return int(settings.SIGN_IN_WAIT_MINUTES * MINUTE)


def _of_address(request: HttpRequest) -> list[Limit]:
    address = client_address(request)
    sizes = {SITE: PER_SITE, PROVIDERS: PER_PROVIDERS} if address.version == 6 else {32: PER_SITE}
    limits = []
    for bits, times in sizes.items():
        network, most = ip_network((address, bits), strict=False), settings.SIGN_IN_TRIES * times
        limits.append(Limit(Count(f"address:{network}", _window()), most, most * STOP))
    return limits
