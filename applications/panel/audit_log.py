"""Rows of the audit log as the pages and exports show them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from applications.forms.audit_log import AuditFilters
from applications.models import Account, Application, AuditEvent, User
from applications.models.audit import Action, ActorKind, AuditPage
from applications.panel.activity import MAX_OPTIONS
from applications.panel.audit_facts import Fact, facts_of
from applications.panel.audit_words import sentence
from applications.rules.names import isolated

type Option = tuple[str, str | Promise]

PER_PAGE = 50
KINDS: list[Option] = [
    (ActorKind.APPLICATION.value, _lazy("Any application")),
    (ActorKind.API_KEY.value, _lazy("Any API key")),
    (ActorKind.COMMAND.value, _lazy("Operator")),
    (ActorKind.FINDER.value, _lazy("Who found a credential")),
    (ActorKind.SERVER.value, _lazy("Latchkey")),
]
ICONS = {
    ActorKind.APPLICATION: "layout-grid",
    ActorKind.API_KEY: "key-round",
    ActorKind.COMMAND: "terminal",
    ActorKind.FINDER: "search",
    ActorKind.SERVER: "settings",
}
# Heading → the subjects of its actions, in the menu of actions
SUBJECTS: list[tuple[str | Promise, frozenset[str]]] = [
    (_lazy("Applications"), frozenset({"application", "messages"})),
    (_lazy("Secrets, tokens and keys"), frozenset({"secret", "token", "tokens", "api_key", "credential"})),
    (_lazy("Allowed IPs"), frozenset({"allowed_ips"})),
    (_lazy("Webhooks"), frozenset({"webhook", "webhooks", "webhook_secret", "delivery", "deliveries"})),
    (
        _lazy("Signing in"),
        frozenset({"person", "session", "password", "second_factor", "passkey", "recovery_codes"}),
    ),
]
OPERATORS = frozenset({"resource_server"})  # never in the log of an account


@dataclass(frozen=True, slots=True)
class Names:
    """What people and applications are called now: email → name, application ID → name.

    `shared` are the names that several members have.
    """

    people: Mapping[str, str]
    applications: Mapping[str, str]
    shared: frozenset[str] = frozenset()

    def of_actor(self, event: AuditEvent) -> str:
        """The name of who did it: a colleague's, an application's, or what the row itself says."""
        if event.actor_kind == ActorKind.USER:
            return self.people.get(event.actor, event.actor)
        if event.actor_kind == ActorKind.APPLICATION:
            return self.applications.get(event.actor, event.actor)
        if event.actor_kind == ActorKind.FINDER:
            return _("Somebody")
        if event.actor_kind == ActorKind.SERVER:
            return "Latchkey"
        return _("Operator") if event.actor == "operator" else event.actor

    def which(self, event: AuditEvent) -> str:
        """The email of a person whose name somebody else has too; else nothing."""
        is_person = event.actor_kind == ActorKind.USER
        return event.actor if is_person and self.people.get(event.actor) in self.shared else ""


@dataclass(frozen=True, slots=True)
class Row:
    """An event in words. `links` says whether names lead to the same list filtered by them.

    `which` tells the person from others of the same name.
    """

    event: AuditEvent
    who: str
    facts: list[Fact]
    links: bool = True
    which: str = ""

    @property
    def icon(self) -> str:
        """The picture of a program; people have their initials."""
        return ICONS.get(ActorKind(self.event.actor_kind), "")

    @property
    def words(self) -> SafeString:
        """The sentence, with its names marked."""
        who = self._linked(self.who, who=f"{self.event.actor_kind}:{self.event.actor}")
        about = {"application": self.event.application_id} if self.event.application_id else {}
        return format_html(
            sentence(self.event.action), who=who, what=self._linked(self.event.target, **about)
        )

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        who = f"{self.who} ({self.which})" if self.which else self.who
        return sentence(self.event.action).format(who=isolated(who), what=isolated(self.event.target))

    def _linked(self, name: str, **query: str) -> SafeString:
        if not self.links or not query:
            return format_html('<bdi class="title">{}</bdi>', name)
        return format_html('<a class="title" href="?{}"><bdi>{}</bdi></a>', urlencode(query), name)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the log."""

    filters: AuditFilters
    page: AuditPage
    rows: list[Row] = field(default_factory=list)


def read_log(account: Account, filters: AuditFilters, *, links: bool = True) -> Shown:
    """Return a page of the account's log, in the current time zone; three queries, two more with days."""
    page = filters.apply(account).page(PER_PAGE, before=filters.before, after=filters.after)
    return Shown(
        filters, page, rows_of(page.rows, names(account, page.rows), get_current_timezone(), links=links)
    )


def rows_of(events: Iterable[AuditEvent], known: Names, zone: tzinfo, *, links: bool = False) -> list[Row]:
    """Return events in words."""
    return [
        Row(event, known.of_actor(event), facts_of(event, zone), links, known.which(event))
        for event in events
    ]


def names(account: Account, events: Iterable[AuditEvent]) -> Names:
    """Return what the people and programs of these events are called; two queries."""
    emails = {event.actor for event in events if event.actor_kind == ActorKind.USER}
    clients = {event.actor for event in events if event.actor_kind == ActorKind.APPLICATION}
    named = account.members.filter(email__in=emails).exclude(name="").values("name")
    people = account.members.filter(Q(email__in=emails) | Q(name__in=named))
    called = {person.email: str(person) for person in people}
    return Names(
        called,
        {
            client.application_id: str(client)
            for client in account.applications.filter(application_id__in=clients).only(
                "application_id", "name"
            )
        },
        frozenset(name for name, times in Counter(called.values()).items() if times > 1),
    )


# --- What the filters offer ----------------------------------------------------------------------


def options(account: Account, filters: AuditFilters, rows: list[Row]) -> dict[str, Any]:
    """Return the choices of the three menus. What is chosen is always among them, by its name in the rows."""
    members = list(account.members.order_by("name", "email"))
    times = Counter(map(str, members))
    people: list[Option] = [
        (f"{ActorKind.USER}:{person.email}", _person(person, times[str(person)] > 1)) for person in members
    ]
    clients = account.applications.order_by("name", "pk").only("application_id", "name")[:MAX_OPTIONS]
    applications: list[Option] = [(client.application_id, _distinct(client)) for client in clients]
    who = next((row.who for row in rows), filters.who.partition(":")[2])
    what = next((row.event.target for row in rows), filters.application_id)
    return {
        "people": _with(people, KINDS, chosen=filters.who, called=who),
        "kinds": KINDS,
        "applications": _with(applications, [], chosen=filters.application_id, called=what),
        "actions": _actions(),
    }


def _distinct(client: Application) -> str:
    return f"{isolated(str(client))} ({client.application_id[:8]})"


def _person(person: User, is_shared: bool) -> str:
    return f"{isolated(str(person))} ({person.email})" if is_shared else isolated(str(person))


def _with(known: list[Option], others: list[Option], *, chosen: str, called: str) -> list[Option]:
    """Add what was chosen and is in neither list, such as a former member or a deleted application."""
    if not chosen or any(chosen == value for value, _label in (*known, *others)):
        return known
    return [*known, (chosen, called)]


def _actions() -> list[tuple[str | Promise, list[Option]]]:
    grouped = [
        (heading, [each for each in Action if _subject(each) in subjects]) for heading, subjects in SUBJECTS
    ]
    taken = {each for _heading, actions in grouped for each in actions}
    rest = [each for each in Action if each not in taken and _subject(each) not in OPERATORS]
    return [
        (heading, [(each.value, each.label) for each in actions])
        for heading, actions in [*grouped, (_lazy("Account"), rest)]
    ]


def _subject(action: Action) -> str:
    return action.value.partition(":")[0]
