"""What the sample is made of: its applications, people, keys and refusals. Addresses are those of documentation."""

from dataclasses import dataclass
from datetime import timedelta

from applications.models.memberships import Role
from applications.models.refusals import CredentialKind
from applications.models.usage import Reason
from applications.operations.allowed_ips import Line
from applications.rules.names import Note
from applications.rules.networks import NetworkText

AGE = timedelta(days=257)  # of most applications
OWNERS_ADDRESS = "192.0.2.44"
OUTSIDE = "192.0.2.77"  # an address that no list of the sample has
ADDRESSES = ("198.51.100.23", "198.51.100.24", "203.0.113.7", "2001:db8:40::12")
LIST = [
    Line(NetworkText("198.51.100.0/24"), Note("Data centre")),
    Line(NetworkText("203.0.113.7"), Note("Office")),
    Line(NetworkText("2001:db8:40::/48"), Note("Data centre")),
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One application of the sample: how many tokens live, how many it asks for a day, when it was used last.

    `unused` names scopes of it that no request needs any more.
    """

    name: str
    lifetime: str
    scopes: str
    live: int
    daily: int
    used: timedelta | None
    enabled: bool = True
    has_list: bool = False  # of allowed IPs
    unused: str = ""
    age: timedelta = AGE


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is refused now and then, and what its client was answered."""

    reason: Reason
    credential: CredentialKind
    request: str
    status: int
    error: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member who joined by an invitation so long ago, and when they signed in last."""

    name: str
    email: str
    role: Role
    joined: timedelta
    seen: timedelta


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: its scopes ("" for all), how old it is, when it was used last, and when it was revoked, if it was."""

    name: str
    scopes: str
    age: timedelta
    used: timedelta
    revoked: timedelta | None = None


TOKEN_REQUEST, CHECK = "POST /oauth/token", "GET /oauth/verify"
REFUSED = (
    Refused(Reason.WRONG_SECRET, CredentialKind.SECRET, TOKEN_REQUEST, 401, "invalid_client"),
    Refused(Reason.ADDRESS, CredentialKind.SECRET, TOKEN_REQUEST, 401, "invalid_client"),
    Refused(Reason.SCOPE, CredentialKind.SECRET, TOKEN_REQUEST, 400, "invalid_scope", "originators"),
    Refused(Reason.TOKEN_EXPIRED, CredentialKind.TOKEN, CHECK, 401, "invalid_token", "9c1e"),
    Refused(Reason.HEADER, CredentialKind.TOKEN, "GET /account", 401, "invalid_credentials", "Authentication: Bearer"),
    Refused(Reason.BODY, CredentialKind.SECRET, TOKEN_REQUEST, 415, "invalid_request", "application/json"),
)  # fmt: skip
OLD_SECRET = Refused(Reason.OLD_SECRET, CredentialKind.SECRET, TOKEN_REQUEST, 401, "invalid_client")
KEY_REVOKED = Refused(
    Reason.KEY_REVOKED, CredentialKind.API_KEY, "GET /applications", 401, "invalid_credentials"
)

# The oldest first, so that the audit log is in the order of time.
SAMPLE = (
    Kind("Warehouse scanner", "1 week", "sms", 4, 2, timedelta(hours=3), age=timedelta(days=431)),
    Kind("Staging sandbox", "1 day", "*", 0, 0, None),
    Kind("Campaign studio", "1 day", "sms viber templates reports groups optouts shortlinks", 0, 90,
         timedelta(days=73), enabled=False),
    Kind("Legacy CRM sync", "never", "groups optouts numbers", 1, 0, timedelta(days=52), unused="numbers"),
    Kind("", "1 week", "reports", 2, 1, timedelta(days=1)),
    Kind("Driver two-way chat", "1 week", "sms whatsapp conversations", 6, 30, timedelta(minutes=4), has_list=True),
    Kind("Booking reminders", "1 day", "sms viber whatsapp templates reports", 9, 240, timedelta(minutes=12),
         has_list=True, unused="whatsapp templates"),
    Kind("Order notifications", "1 day", "sms viber reports shortlinks", 18, 1100, timedelta(minutes=2),
         has_list=True),
    Kind("OTP sign-in", "1 day", "sms", 231, 2600, timedelta(seconds=20), has_list=True),
)  # fmt: skip

COLLEAGUES = (
    Colleague(
        "Tomasz Nowak", "tomasz.nowak@marlowe.example", Role.ADMIN, timedelta(days=256), timedelta(hours=7)
    ),
    Colleague("Hanna Lis", "hanna.lis@marlowe.example", Role.ADMIN, timedelta(days=143), timedelta(days=3)),
    Colleague(
        "Priya Raman", "priya.raman@marlowe.example", Role.VIEWER, timedelta(days=36), timedelta(days=1)
    ),
)
INVITED = ("jonas.berg@marlowe.example", Role.VIEWER, timedelta(days=2))

KEYS = (
    Key("Old newsletter tool", "", timedelta(days=560), timedelta(days=335)),
    Key("Former reseller", "", timedelta(days=390), timedelta(days=7), revoked=timedelta(days=6)),
    Key("Back office export", "reports groups", timedelta(days=322), timedelta(minutes=6)),
    Key("Grafana balance check", "account", timedelta(days=149), timedelta(minutes=1)),
)
