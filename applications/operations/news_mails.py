"""Drawing up the mails of operations/news.py, and sending them: after the answer, in the thread of django.tasks.

Whom to tell is read here, in one query however many members there are, and each mail is drawn up once for all of them.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.tasks import task
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from applications.models import Account, Application, Membership, User
from applications.models.audit import ActorKind
from applications.models.mails import MailKind
from applications.operations.mails import Drawn, send_each
from applications.operations.rates import count_of_hour, next_hour
from applications.rules.mail_texts import in_mail

MAILS_AN_HOUR = 10  # of one kind about one account, or of one action about one person
PARTS = ("subject", "text", "link", "advice")

type Facts = dict[str, Any]


@task()
def send_news(*, account_pk: int, kind: str, person: str, facts: Facts) -> None:
    """Mail what happened in an account to the members who get mails of this kind, and to `person`."""
    account = Account.objects.filter(pk=account_pk).first()
    until = _room(f"mail:{account_pk}:{kind}")
    if account is None or until is None:
        return
    by = facts["by"].get("name", "") if facts["by"].get("kind") == ActorKind.USER else ""
    members = Membership.objects.filter(account=account).to_tell(MailKind(kind), by=by)
    emails = set(members.values_list("user__email", flat=True)) - {person}
    context = {"account": account, "until": until}
    send_each(_drawn(kind, facts, account.timezone, context), sorted(emails))
    if person and person != by and User.objects.filter(email=person).exists():
        send_each(_drawn(kind, facts, account.timezone, context | {"you": True}), [person])


@task()
def send_personal_news(*, person_pk: int, to: str, facts: Facts) -> None:
    """Mail a person what happened to their own sign-in."""
    person = User.objects.filter(pk=person_pk).first()
    until = _room(f"mail:person:{person_pk}:{facts['action']}")
    if person is None or until is None:
        return
    zones = Account.objects.filter(memberships__user=person).order_by("memberships__pk")
    zone = zones.values_list("timezone", flat=True).first() or "UTC"
    send_each(_drawn("person", facts, zone, {"you": True, "personal": True, "until": until}), [to])


def _room(count: str) -> datetime | str | None:
    """Count a mail. Return "" while there is room in this hour, for the last one the end of it, and then None."""
    moment = time.time()
    number = count_of_hour(count, moment)
    if number > MAILS_AN_HOUR:
        return None
    return datetime.fromtimestamp(next_hour(moment), UTC) if number == MAILS_AN_HOUR else ""


def _drawn(template: str, facts: Facts, zone: str, more: Mapping[str, Any]) -> Drawn:
    """Return the mail, its times in `zone`; what people wrote is made to stay inside its place."""
    said = {**_safe({**facts, "who": _who(facts["by"])}), **more, "public_url": settings.PUBLIC_URL}
    if account := more.get("account"):
        said["account_name"] = in_mail(account.name)
    with timezone.override(ZoneInfo(zone)):
        said |= {part: _part(template, part, said) for part in PARTS}
        said["facts"] = list(_lines(facts, zone, said))
        body = render_to_string("emails/news.txt", said)
        html = render_to_string("emails/news.html", said)
    return Drawn(subject=said["subject"], body=body, html=html)


def _part(template: str, part: str, said: Facts) -> str:
    """Return a part of a template of emails/news/ as plain text: not escaped, because it is no HTML yet."""
    drawn: str = get_template(f"emails/news/{template}.txt#{part}").template.render(  # type: ignore[attr-defined]
        Context(said, autoescape=False)
    )
    return " ".join(drawn.split())


def _lines(facts: Facts, zone: str, said: Facts) -> Iterable[tuple[str, str]]:
    """Yield what stands below the text: when, from where, with which request."""
    at = datetime.fromtimestamp(facts["at"], UTC).astimezone(ZoneInfo(zone))
    yield _("When"), f"{date_format(at, 'j F Y, H:i')} ({zone})"
    if ip := facts["by"].get("ip"):
        yield _("From"), ip
    if request_id := facts["by"].get("request_id"):
        yield _("Request"), request_id


def _who(by: Mapping[str, Any]) -> str:
    """Return who did it, in words; "" where nobody is named."""
    kind, name = by.get("kind"), by.get("name", "")
    if kind == ActorKind.USER:
        person = User.objects.filter(email=name).first()
        return f"{person.name} ({name})" if person and person.name else name
    if kind == ActorKind.APPLICATION:
        client = Application.objects.filter(application_id=name).first()
        return _("The client of {name} ({id})").format(name=client or "?", id=name[:8])
    if kind == ActorKind.API_KEY:
        return _("Somebody with the API key {name}").format(name=name)
    return _("Somebody") if kind == ActorKind.FINDER else _("The operator")


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return in_mail(value)
    if isinstance(value, list):
        return [_safe(each) for each in value]
    if isinstance(value, dict):
        return {name: _safe(each) for name, each in value.items()}
    return value
