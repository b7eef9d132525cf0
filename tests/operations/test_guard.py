"""Operations called directly, as by a new view that forgets its form: what a form would refuse they refuse too."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.utils.timezone import now

from applications.errors import AccessDenied, DomainError, InvalidParam
from applications.models import (
    AccessToken,
    Account,
    AllowedIP,
    APIKey,
    Application,
    ApplicationSecret,
    AuditEvent,
    Delivery,
    EmailChange,
    FoundCredential,
    GrantedScope,
    Invitation,
    KeptFinding,
    MailChoice,
    Membership,
    MessageSettings,
    Redelivery,
    ResourceServer,
    Scope,
    User,
    Webhook,
    WebhookOptions,
    WebhookSecret,
)
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.models.findings import Finding
from applications.models.memberships import Role
from applications.operations.accounts import create_account, update_account
from applications.operations.actors import OPERATOR, Actor
from applications.operations.allowed_ips import MAX_LINES, Line, change_allowed_ips
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import (
    create_application,
    delete_application,
    switch_application,
    update_application,
)
from applications.operations.changes import change_application
from applications.operations.email_changes import (
    ask_for_email_change,
    confirm_email_change,
    refuse_email_change,
    withdraw_email_change,
)
from applications.operations.findings import keep_finding, reopen_finding
from applications.operations.found_credentials import dismiss_found_credential
from applications.operations.invitations import invite_member, send_invitation_again, withdraw_invitation
from applications.operations.mail_choices import choose_mails
from applications.operations.members import add_member, change_role, leave_account, remove_member
from applications.operations.message_settings import update_message_settings
from applications.operations.people import rename_person
from applications.operations.redelivery import redeliver, start_redelivery
from applications.operations.resource_servers import (
    create_resource_server,
    remove_resource_server,
    reset_resource_server,
)
from applications.operations.revocations import revoke_before
from applications.operations.scopes import add_scope, retire_scope
from applications.operations.secrets import reset_secret, retire_secret
from applications.operations.sessions import end_sessions
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.operations.webhook_secrets import roll_webhook_secret, switch_webhook_signing
from applications.operations.webhook_tests import send_test_event
from applications.operations.webhooks import set_webhook_options, switch_on_webhook
from applications.rules.credentials import digest, new_credential
from applications.rules.emails import EmailAddress
from applications.rules.names import Name, ProperName
from applications.rules.networks import NetworkText
from applications.rules.time_zones import TimeZone
from applications.rules.webhook_events import Route
from tests.architecture.test_operations import operations
from tests.factories import make_account, make_application, make_token
from tests.shared import shares
from tests.webhooks import hand_over, set_url

type Call = Callable[..., object]

TABLES: list[type[Model]] = [
    Account,
    AccessToken,
    AllowedIP,
    APIKey,
    Application,
    ApplicationSecret,
    AuditEvent,
]
TABLES += [EmailChange, FoundCredential, GrantedScope, Invitation, KeptFinding, MailChoice]
TABLES += [Membership, MessageSettings, ResourceServer, Scope, User, WebhookSecret]
TABLES += [Delivery, Redelivery, Webhook, WebhookOptions]
UNTYPED_LINE: Any = Line  # takes raw text, as a careless caller has it
NAMES = [
    "\u202eevil",
    "a\x85b",
    "x" * 101,
    "Shop\n" * 60,
    "nul\x00",
    "two\r\nlines",
    "tab\there",
    "\x7f",
    "\ud800",
]
ADDRESSES = ["192.0.2.1/24", "::ffff:192.0.2.1", "fe80::1%eth0", "example.com", "", "10.0.0.0/8 ", "\x00"]


def make_guarded() -> Application:
    """Return an application, stored; the scope "reports" is retired."""
    application = make_application(make_account())[0]
    retire_scope(scope=Scope.objects.get(name="reports"), actor=OPERATOR)
    return application


guarded = shares("guarded", make_guarded)


@pytest.fixture
def target(guarded: Application) -> Application:
    """The application."""
    return guarded


def state() -> list[object]:
    """All that operations write."""
    return [_rows(model._meta.db_table, str(model._meta.pk.column)) for model in TABLES]


def _rows(table: str, key: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY {key}")
        return list(cursor.fetchall())


def refuses(kind: type[DomainError], call: Callable[[], object]) -> DomainError:
    """Call it; return what it raised, after a look that nothing was stored."""
    before = state()
    with pytest.raises(kind) as refusal, transaction.atomic():
        call()
    assert state() == before
    return refusal.value


def sms() -> list[Scope]:
    return list(Scope.objects.filter(name="sms"))


# --- Values -------------------------------------------------------------------------------------

SETTINGS: list[tuple[str, Any]] = [
    ("sms_dlr_callback", "http://169.254.169.254/x"),
    ("lookup_callback", "https://localhost/"),
    ("sms_alphabet", "KLINGON"),
    ("sms_sender", "two words"),
    ("sms_quiet_start", "21:30"),  # alone
    ("sms_remove_emojis", "yes"),
    ("multichannel_ttl", 59),
    ("otp_template", "no pin"),
    ("otp_pin_type", "emojis"),
    ("application_id", 1),
    ("nothing", 1),
]


@pytest.mark.parametrize(("column", "value"), SETTINGS)
def test_settings(target: Application, column: str, value: Any) -> None:
    """What each column refuses is told in tests/rules/test_message_settings.py; here: the operations ask it."""
    changes = {"otp_max_attempts": 9} | {column: value}
    calls: list[Callable[[], object]] = [
        lambda: update_message_settings(application=target, changes=changes, actor=OPERATOR),
        lambda: change_application(application=target, name=Name("Other"), settings=changes, actor=OPERATOR),
    ]
    for call in calls:
        refusal = refuses(InvalidParam, call)
        assert isinstance(refusal, InvalidParam)
        assert refusal.param == column.replace("start", "stop")


@pytest.mark.parametrize(
    "ends", [("21:30", "21:30"), ("09:30", "09:29"), ("", "09:30")], ids=["same", "all day", "half"]
)
def test_quiet_hours_that_do_not_go_together(target: Application, ends: tuple[str, str]) -> None:
    changes = {"sms_quiet_start": ends[0], "sms_quiet_stop": ends[1]}
    refuses(
        InvalidParam, lambda: update_message_settings(application=target, changes=changes, actor=OPERATOR)
    )


def test_an_end_that_does_not_go_with_the_stored_one(target: Application) -> None:
    both = {"sms_quiet_start": "21:30", "sms_quiet_stop": "09:30"}
    update_message_settings(application=target, changes=both, actor=OPERATOR)
    for changes in ({"sms_quiet_start": ""}, {"sms_quiet_start": "09:30"}):
        call = partial(update_message_settings, application=target, changes=changes, actor=OPERATOR)
        refuses(InvalidParam, call)


def values_of(application: Application) -> dict[str, tuple[Call, dict[str, Any]]]:
    """Each operation that stores what it is given, with good arguments."""
    account, scopes = application.account, sms()
    about = {"application": application, "actor": OPERATOR}
    whole = {"name": "Shop", "lifetime": "1 day", "scopes": scopes}
    return {
        "create_application": (create_application, {"account": account, "actor": OPERATOR, **whole}),
        "update_application": (update_application, about | whole),
        "change_application": (change_application, about | whole),
        "create_api_key": (
            create_api_key,
            {"account": account, "actor": OPERATOR, "name": "", "scopes": scopes},
        ),
        "create_resource_server": (create_resource_server, {"name": "SMS API", "actor": OPERATOR}),
        "create_account": (
            create_account,
            {"name": "New", "owner_email": "o@new.example", "owner_password": None, "actor": OPERATOR},
        ),
        "reset_secret": (reset_secret, {**about, "overlap": "now"}),
        "roll_webhook_secret": (roll_webhook_secret, about),
        "switch_webhook_signing": (switch_webhook_signing, {**about, "signed": False}),
    }


def added(name: str = "voice", **more: Any) -> Scope:
    return Scope(**{"name": name, "description": "Call", "group": "messages", **more})


NAMED = ["create_application", "update_application", "change_application", "create_api_key"]
NAMED += ["create_resource_server", "create_account"]
HOSTILE: dict[tuple[str, str], list[Any]] = {
    **{(operation, "name"): NAMES for operation in NAMED},
    **{(operation, "lifetime"): ["1 year", "", "NEVER", "1 day\x00"] for operation in NAMED[:3]},
    **{(operation, "scopes"): ["none", "retired", "unstored", "another"] for operation in NAMED[:4]},
    ("create_api_key", "expires_at"): [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        now().replace(tzinfo=None) + timedelta(days=1),
    ],
    ("create_account", "owner_email"): ["nobody", "", "a@b", "a@b.pl\nc@d.pl", "x" * 250 + "@b.pl"],
    ("create_account", "owner_name"): NAMES,
    ("create_account", "timezone"): ["Mars/Olympus", "", "../../etc/passwd", "UTC\x00"],
    ("switch_webhook_signing", "signed"): [None, "perhaps", 0],
    ("reset_secret", "overlap"): ["2 days", "", timedelta(days=9999), timedelta(hours=-1)],
}


def scopes_of(kind: Any) -> list[Scope]:
    """Scopes that nobody can be given."""
    return {
        "none": [],
        "retired": list(Scope.objects.filter(name="reports")),
        "unstored": [added()],
        "another": [added("sms", pk=10**6)],
    }[kind]


@pytest.mark.parametrize(("operation", "param"), HOSTILE)
def test_values(target: Application, operation: str, param: str) -> None:
    call, good = values_of(target)[operation]
    for value in HOSTILE[operation, param]:
        hostile = {param: scopes_of(value) if param == "scopes" else value}
        refusal = refuses(InvalidParam, partial(call, **good | hostile))
        assert refusal.message


@pytest.mark.parametrize("operation", ["create_resource_server", "create_account"])
def test_a_thing_that_needs_a_name(target: Application, operation: str) -> None:
    call, good = values_of(target)[operation]
    refuses(InvalidParam, lambda: call(**good | {"name": " "}))


@pytest.mark.parametrize(
    "operation", [*NAMED, "reset_secret", "roll_webhook_secret", "switch_webhook_signing"]
)
def test_good_values_are_stored(target: Application, operation: str) -> None:
    call, good = values_of(target)[operation]
    before = state()
    call(**good)
    assert state() != before


@pytest.mark.parametrize("ours", [True, False], ids=["application", "account"])
def test_lines(target: Application, ours: bool) -> None:
    where: Any = {"account": target.account, "application": target if ours else None, "actor": OPERATOR}
    hostile: list[Any] = [{"add": [UNTYPED_LINE(network)]} for network in ADDRESSES]
    hostile += [{"remove": [network]} for network in ADDRESSES]
    hostile += [{"add": [UNTYPED_LINE("192.0.2.1", note)]} for note in NAMES]
    for change in hostile:
        refuses(InvalidParam, partial(change_allowed_ips, **where, **change))


def test_lists_have_an_end(target: Application) -> None:
    lines: Any = [UNTYPED_LINE(f"10.0.{number}.0/24") for number in range(MAX_LINES + 1)]
    refuses(InvalidParam, lambda: change_allowed_ips(account=target.account, add=lines, actor=OPERATOR))


CATALOGUE: list[dict[str, Any]] = [
    {"name": name} for name in ("Voice", "a b", "a:b", "", "x" * 41, "sms", "reports")
]
CATALOGUE += [
    {"description": "x" * 201},
    {"description": "nul\x00"},
    {"group": "elsewhere"},
    {"position": -1},
]


def test_scopes_of_the_catalogue(target: Application) -> None:
    for hostile in CATALOGUE:
        refuses(InvalidParam, partial(add_scope, scope=added(**hostile), actor=OPERATOR))


# --- Permission ---------------------------------------------------------------------------------

VIEWER = Actor(ActorKind.USER, "bob@marlowe.example", may_change=False)
OWNER = replace(VIEWER, may_change=True)


def _call_as(call: Call, good: dict[str, Any], actor: Actor) -> object:
    return call(**good | {"actor": actor})


def writes(application: Application) -> dict[str, Callable[[Actor], object]]:
    """Every operation with an actor, with arguments that are good; each is refused for the actor alone."""
    account: Account = application.account
    key, _value = create_api_key(account=account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    token, server = make_token(application), create_resource_server(name=Name("API"), actor=OPERATOR)[0]
    kept = keep_finding(subject=application, kind=Finding.NO_ALLOWED_IPS, actor=OPERATOR)
    found = FoundCredential.objects.create(account=account, kind="api_key", hint=key.hint, api_key=key)
    calls: dict[str, tuple[Call, dict[str, Any]]] = {
        **values_of(application),
        "switch_application": (switch_application, {"application": application, "enabled": False}),
        "delete_application": (delete_application, {"application": application}),
        "change_allowed_ips": (
            change_allowed_ips,
            {"account": account, "add": [Line(NetworkText("192.0.2.1"))]},
        ),
        "update_message_settings": (
            update_message_settings,
            {"application": application, "changes": {"otp_ttl": 90}},
        ),
        "revoke_api_key": (revoke_api_key, {"api_key": key}),
        "dismiss_found_credential": (dismiss_found_credential, {"found": found}),
        "retire_secret": (retire_secret, {"secret": application.secrets.get()}),
        "keep_finding": (keep_finding, {"subject": key, "kind": Finding.ALL_SCOPES}),
        "reopen_finding": (reopen_finding, {"kept": kept}),
        "revoke_token": (revoke_token, {"token": token}),
        "revoke_all_tokens": (revoke_all_tokens, {"application": application}),
        "reset_resource_server": (reset_resource_server, {"server": server}),
        "remove_resource_server": (remove_resource_server, {"server": server}),
        "revoke_before": (revoke_before, {"moment": now(), "secrets": True, "keys": True}),
        "add_scope": (add_scope, {"scope": added()}),
        "retire_scope": (retire_scope, {"scope": Scope.objects.get(name="sms")}),
        **of_members(account),
        **of_a_person(account),
        **of_webhooks(application),
    }
    return {name: partial(_call_as, call, good) for name, (call, good) in calls.items()}


def of_webhooks(application: Application) -> dict[str, tuple[Call, dict[str, Any]]]:
    """The operations on webhooks and deliveries."""
    set_url(application)
    hand_over(application)
    about, delivery = {"application": application}, Delivery.objects.latest("pk")
    Webhook.objects.update(off_at=now(), off_reason="gone")
    return {
        "redeliver": (redeliver, about | {"delivery": delivery}),
        "start_redelivery": (start_redelivery, about | {"since": now() - timedelta(days=1)}),
        "switch_on_webhook": (switch_on_webhook, about | {"webhook": delivery.webhook}),
        "set_webhook_options": (set_webhook_options, about | {"keeps_bodies": False}),
        "send_test_event": (send_test_event, about | {"route": Route("dlr_update", "sms")}),
    }


HOSTILE_OF_WEBHOOKS: dict[tuple[str, str], list[Any]] = {
    ("set_webhook_options", "keeps_bodies"): [None, "perhaps", 2],
    ("start_redelivery", "since"): [datetime(2999, 1, 1, tzinfo=UTC)],
}


@pytest.mark.parametrize(("operation", "param"), HOSTILE_OF_WEBHOOKS)
def test_values_of_webhooks(target: Application, operation: str, param: str) -> None:
    call, good = of_webhooks(target)[operation]
    for value in HOSTILE_OF_WEBHOOKS[operation, param]:
        assert refuses(InvalidParam, partial(call, **good | {"actor": OPERATOR, param: value})).message


@pytest.mark.parametrize("event", ["", "none", "dlr_update", "DLR_UPDATE", "dlr_update\0"])
def test_a_route_that_leads_nowhere(event: str) -> None:
    with pytest.raises(InvalidParam):
        Route(event, "" if event == "dlr_update" else "sms")


def of_members(account: Account) -> dict[str, tuple[Call, dict[str, Any]]]:
    """The operations on members and invitations, and on the account itself."""
    membership, email = account.memberships.get(), EmailAddress("dora@marlowe.example")
    invitation, _link = invite_member(account=account, email=email, role=Role.ADMIN, actor=OPERATOR)
    other = {"account": account, "email": EmailAddress("new@marlowe.example"), "role": Role.VIEWER}
    settings = {"requires_second_factor": False, "default_lifetime": Lifetime.WEEK}
    named = {"name": ProperName("Other"), "timezone": TimeZone("UTC")}
    return {
        "update_account": (update_account, {"account": account, **named, **settings}),
        "add_member": (add_member, other | {"password": "a long and dull password"}),
        "change_role": (change_role, {"membership": membership, "role": Role.VIEWER}),
        "remove_member": (remove_member, {"membership": membership}),
        "leave_account": (leave_account, {"membership": membership}),
        "invite_member": (invite_member, other),
        "send_invitation_again": (send_invitation_again, {"invitation": invitation}),
        "withdraw_invitation": (withdraw_invitation, {"invitation": invitation}),
        "choose_mails": (choose_mails, {"membership": membership, "kinds": [], "own_acts": True}),
    }


def of_a_person(account: Account) -> dict[str, tuple[Call, dict[str, Any]]]:
    """What people change about themselves alone."""
    person = account.members.get()
    own = Actor(ActorKind.USER, person.email)
    ask_for_email_change(person=person, email=EmailAddress("first@marlowe.example"), actor=own)
    value = new_credential()
    EmailChange.objects.update(old_digest=digest(value))
    asked = {"person": person, "email": EmailAddress("other@marlowe.example")}
    return {
        "rename_person": (rename_person, {"person": person, "name": ProperName("Other")}),
        "end_sessions": (end_sessions, {"person": person, "sessions": []}),
        "ask_for_email_change": (ask_for_email_change, asked),
        "confirm_email_change": (confirm_email_change, {"value": value}),
        "refuse_email_change": (refuse_email_change, {"value": value}),
        "withdraw_email_change": (withdraw_email_change, {"person": person}),
    }


HOSTILE_OF_PEOPLE: dict[tuple[str, str], list[Any]] = {
    ("rename_person", "name"): [*NAMES, "", "\u202eevil"],
    ("ask_for_email_change", "email"): ["nobody", "", "a@b.pl\nc@d.pl", "x" * 250 + "@b.pl"],
}


@pytest.mark.parametrize(("operation", "param"), HOSTILE_OF_PEOPLE)
def test_values_of_people(target: Application, operation: str, param: str) -> None:
    call, good = of_a_person(target.account)[operation]
    own = Actor(ActorKind.USER, good["person"].email)
    for value in HOSTILE_OF_PEOPLE[operation, param]:
        assert refuses(InvalidParam, partial(call, **good | {"actor": own, param: value})).message


def test_nobody_changes_another_person_the_operator_neither(target: Application) -> None:
    for call, good in of_a_person(target.account).values():
        for actor in (OWNER, OPERATOR):
            refuses(AccessDenied, partial(call, **good, actor=actor))


HOSTILE_OF_MEMBERS: dict[tuple[str, str], list[Any]] = {
    **{(name, "role"): ["boss", "", "viewer\x00"] for name in ("add_member", "change_role", "invite_member")},
    **{(name, "email"): ["nobody", "", "a@b.pl\nc@d.pl"] for name in ("add_member", "invite_member")},
    ("add_member", "password"): ["", "short", "password1234"],
    ("choose_mails", "kinds"): [["everything"], ["own"], ["found\x00"]],
    ("update_account", "name"): [*NAMES, ""],
    ("update_account", "timezone"): ["Mars/Olympus", "", "../../etc/passwd"],
    ("update_account", "default_lifetime"): ["1 year", "", "1 day\x00"],
    ("update_account", "requires_second_factor"): [None, "perhaps"],
}


@pytest.mark.parametrize(("operation", "param"), HOSTILE_OF_MEMBERS)
def test_values_of_members(target: Application, operation: str, param: str) -> None:
    call, good = of_members(target.account)[operation]
    for value in HOSTILE_OF_MEMBERS[operation, param]:
        actor = replace(OWNER, name="alice@marlowe.example") if operation == "choose_mails" else OPERATOR
        hostile = {"actor": actor, param: value}
        assert refuses(InvalidParam, partial(call, **good | hostile)).message


OF_THE_OPERATOR = {"create_account", "add_scope", "retire_scope", "create_resource_server"}
OF_THE_OPERATOR |= {"reset_resource_server", "remove_resource_server", "revoke_before"}


def test_a_viewer_changes_nothing(target: Application) -> None:
    for call in writes(target).values():
        refuses(AccessDenied, partial(call, VIEWER))


def test_what_is_of_no_account_is_the_operators_alone(target: Application) -> None:
    calls = writes(target)
    for name in OF_THE_OPERATOR:
        refuses(AccessDenied, partial(calls[name], OWNER))


def test_the_list_of_writes_is_whole(target: Application) -> None:
    """A new operation comes into the list, so that somebody asks what it refuses."""
    not_of_people = {"seed_sample", "record_of_person"}
    not_of_people |= {
        "accept_invitation",
        "accept_invitation_as_new",
    }  # whoever has the link and the address may
    not_of_people.add("end_found_credentials")  # whoever holds a credential may end it
    assert {operation.name for _path, operation in operations()} - not_of_people == writes(target).keys()


def test_the_clock_of_an_end(target: Application) -> None:
    good: Any = {"account": target.account, "name": "", "scopes": None, "actor": OPERATOR}
    assert create_api_key(**good, expires_at=now() + timedelta(days=3650))[0].is_live
