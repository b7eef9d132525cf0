"""The details of a row of the audit log in words: what it was before, and what after.

Only what is named here is shown, so that nothing an operation writes in future shows by accident. Callback URLs lose
their password and query, which may be a secret of the receiver.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import urlsplit

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.forms.callbacks import CALLBACK_LABELS
from applications.forms.message_settings import CHANNELS
from applications.models import AuditEvent
from applications.models.applications import Lifetime
from applications.models.audit import Action
from applications.models.findings import Finding
from applications.models.mails import OWN_ACTS, MailKind
from applications.models.memberships import Role
from applications.models.refusals import CredentialKind
from applications.models.webhooks import OffReason
from applications.rules.networks import shown

type Label = str | Promise
type Say = Callable[[Any, tzinfo], str]

# Their details are pairs: column → [before, after].
OF_PAIRS = frozenset(
    {
        Action.ACCOUNT_CHANGED,
        Action.APPLICATION_CHANGED,
        Action.MAILS_CHANGED,
        Action.MEMBER_CHANGED,
        Action.MESSAGES_CHANGED,
        Action.WEBHOOKS_CHANGED,
    }
)
WAYS: Mapping[str, Label] = {
    "password": _lazy("password"),
    "password_reset": _lazy("mailed link"),
    "code": _lazy("mailed code"),
    "totp": _lazy("authenticator app"),
    "webauthn": _lazy("passkey"),
    "recovery_codes": _lazy("recovery code"),
    "second_factor": _lazy("code of the second factor"),
    "sign-in": _lazy("signing in"),
    "confirmation": _lazy("confirming who they are"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of what changed; `before` is None where there is only one value to tell."""

    label: str
    before: str | None
    after: str

    def __str__(self) -> str:
        return f"{self.label}: {self.after if self.before is None else f'{self.before} → {self.after}'}"


def facts_of(event: AuditEvent, zone: tzinfo) -> list[Fact]:
    """Return the details of a row in words, times in `zone`."""
    return list(_facts(event, zone))


def _facts(event: AuditEvent, zone: tzinfo) -> Iterator[Fact]:
    pairs = event.action in OF_PAIRS
    for key, value in event.details.items():
        if key not in SAID:
            continue
        label, say = SAID[key]
        if not pairs:
            if value not in ([], False, None):
                yield Fact(str(label), None, say(value, zone))
        elif isinstance(value, list) and len(value) == 2:
            yield _changed(str(label), *(say(each, zone) for each in value))


def _changed(label: str, before: str, after: str) -> Fact:
    """Two values that are told alike differ in the part of a URL that is not shown."""
    return Fact(label, before, _("another password or query") if before == after else after)


# --- How a value is said ------------------------------------------------------------------------


def _finding(value: Any, _zone: tzinfo) -> str:
    return str(Finding(value).label) if value in Finding.values else str(value)


def _text(value: Any, _zone: tzinfo) -> str:
    return str(value) if value not in ("", None) else _("Not set")


def _name(value: Any, _zone: tzinfo) -> str:
    return str(value) or _("Untitled")


def _yes_or_no(value: Any, _zone: tzinfo) -> str:
    return _("Yes") if value else _("No")


def _lifetime(value: Any, _zone: tzinfo) -> str:
    return str(Lifetime(value).label) if value in Lifetime.values else str(value)


def _role(value: Any, _zone: tzinfo) -> str:
    return str(Role(value).label) if value in Role.values else str(value)


def _scopes(value: Any, _zone: tzinfo) -> str:
    if value == "all":
        return _("all, and those added later")
    return ", ".join(str(value).split()) or _("none")


def _networks(value: Any, _zone: tzinfo) -> str:
    return ", ".join(shown(network) for network in value)


def _hint(value: Any, _zone: tzinfo) -> str:
    return _("the one ending in {hint}").format(hint=value)


def _hints(value: Any, zone: tzinfo) -> str:
    return ", ".join(_hint(each, zone) for each in value)


def _credential(value: Any, _zone: tzinfo) -> str:
    return str(CredentialKind(value).label) if value in CredentialKind.values else str(value)


def _mails(value: Any, _zone: tzinfo) -> str:
    said = {**dict(MailKind.choices), OWN_ACTS: _("What they do themselves")}
    return ", ".join(str(said.get(kind, kind)) for kind in value) or _("none")


def _time(value: Any, zone: tzinfo) -> str:
    moment = parse_datetime(str(value))
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if moment else str(value)


def _way(value: Any, _zone: tzinfo) -> str:
    return str(WAYS.get(value, value))


def _ways(value: Any, zone: tzinfo) -> str:
    return ", ".join(_way(each, zone) for each in value)


def _counts(value: Any, zone: tzinfo) -> str:
    """Counted things, {"192.0.2.1": 3}, as "192.0.2.1 (3)"."""
    return ", ".join(f"{_way(name, zone)} ({number})" for name, number in value.items())


def _url(value: Any, zone: tzinfo) -> str:
    """A URL without user, password, query and fragment."""
    if not value:
        return _text(value, zone)
    parts = urlsplit(str(value))
    host = parts.netloc.rpartition("@")[2]
    secret = "@" in parts.netloc or parts.query or parts.fragment
    return f"{parts.scheme}://{host}{parts.path}" + ("…" if secret else "")


def _callback(value: Any, _zone: tzinfo) -> str:
    return str(CALLBACK_LABELS.get(value, value))


def _off_reason(value: Any, _zone: tzinfo) -> str:
    return str(dict(OffReason.choices).get(value, value))


def _of_messages() -> Iterator[tuple[str, tuple[Label, Say]]]:
    """The columns of message settings, under the words of their forms."""
    for channel, form in CHANNELS.items():
        for column, field in form.base_fields.items():
            yes_or_no = column.endswith(("remove_emojis", "expire_after_ttl"))
            yield column, (f"{CHANNEL_NAMES[channel]}: {field.label}", _yes_or_no if yes_or_no else _text)
    for column, label in CALLBACK_LABELS.items():
        yield column, (label, _url)


CHANNEL_NAMES = {
    "sms": "SMS",
    "viber": "Viber",
    "whatsapp": "WhatsApp",
    "multichannel": "Multichannel",
    "otp": "OTP",
}
SAID: Mapping[str, tuple[Label, Say]] = {
    "name": (_lazy("Name"), _name),
    "lifetime": (_lazy("Token lifetime"), _lifetime),
    "scopes": (_lazy("Scopes"), _scopes),
    "owner": (_lazy("Owner"), _text),
    "timezone": (_lazy("Time zone"), _text),
    "requires_second_factor": (_lazy("Members need a second factor"), _yes_or_no),
    "default_lifetime": (_lazy("Token lifetime of new applications"), _lifetime),
    "role": (_lazy("Role"), _role),
    "stops_found_secrets": (_lazy("Secrets that were found stop"), _yes_or_no),
    "found": (_lazy("Found"), _credential),
    "hints": (_lazy("Credentials"), _hints),
    "stopped": (_lazy("Stopped"), _yes_or_no),
    "goes_on": (_lazy("Goes on working"), _yes_or_no),
    "mails": (_lazy("Mails"), _mails),
    "invited_by": (_lazy("Invited by"), _text),
    "added": (_lazy("Added"), _networks),
    "removed": (_lazy("Removed"), _networks),
    "noted": (_lazy("Note changed"), _networks),
    "allowed_ips": (_lazy("Allowed IPs"), _networks),
    "expires": (_lazy("Expires"), _time),
    "old": (_lazy("Old secret"), _hint),
    "stops": (_lazy("Old secret stops"), _time),
    "ended": (_lazy("Older secrets stopped"), _hints),
    "tokens_revoked": (_lazy("All tokens revoked"), _yes_or_no),
    "token": (_lazy("Token"), _hint),
    "before": (_lazy("Issued before"), _time),
    "tokens": (_lazy("Tokens ended"), _text),
    "secrets": (_lazy("Secrets ended"), _text),
    "keys": (_lazy("API keys ended"), _text),
    "finding": (_lazy("Finding"), _finding),
    "kept_until": (_lazy("Kept until"), _time),
    "by": (_lazy("With"), _ways),
    "email": (_lazy("Email"), _text),
    "confirmed_by": (_lazy("Confirmed by"), _text),
    "purpose": (_lazy("For"), _way),
    "number": (_lazy("Sessions"), _text),
    "tries": (_lazy("Tries"), _text),
    "wrong": (_lazy("Wrong"), _counts),
    "addresses": (_lazy("From"), _counts),
    "from_other_addresses": (_lazy("From other addresses"), _text),
    "id": (_lazy("ID"), _text),
    "group": (_lazy("Group"), _text),
    "delivery": (_lazy("Delivery"), _text),
    "deliveries": (_lazy("Deliveries"), _text),
    "since": (_lazy("Since"), _time),
    "event": (_lazy("Event"), _text),
    "setting": (_lazy("URL"), _callback),
    "reason": (_lazy("Reason"), _off_reason),
    "keeps_bodies": (_lazy("Bodies stay in the log"), _yes_or_no),
    **dict(_of_messages()),
}
