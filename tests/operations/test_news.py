"""Mails that tell people what was done: to whom, what they say, how many; and that they fail no act."""

import logging
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from applications.models import Application, AuditEvent, Membership, Scope, User
from applications.models.applications import Lifetime
from applications.models.audit import Action, ActorKind
from applications.models.mails import ALWAYS, MailKind
from applications.models.memberships import Role
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import create_application, update_application
from applications.operations.invitations import invite_member
from applications.operations.mail_choices import choose_mails
from applications.operations.members import add_member, change_role, leave_account, remove_member
from applications.operations.news import KINDS, PERSONAL, tell, tell_person
from applications.operations.news_mails import MAILS_AN_HOUR, send_news
from applications.operations.secrets import reset_secret, retire_secret
from applications.operations.sign_ins import record_of_person
from applications.rules.emails import EmailAddress
from applications.rules.names import Name
from tests.cast import Cast

type Committed = Callable[[], AbstractContextManager[Any]]

ALICE, ADA, BOB = (f"{name}@marlowe.example" for name in ("alice", "ada", "bob"))
AT = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Committed:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def by(email: str = ALICE) -> Actor:
    return Actor(ActorKind.USER, email, "198.51.100.9", "6f3c8f0e-0f6c-4a57-9d0f-7d7c2f3b9a11")


def html_of(message: Any) -> str:
    """The mail in HTML, beside its text."""
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return str(html)


def to() -> list[str]:
    """Whom the mails went to, each alone."""
    assert all(len(message.to) == 1 for message in mail.outbox)
    return sorted(message.to[0] for message in mail.outbox)


def member(email: str) -> Membership:
    return Membership.objects.get(user__email=email)


def choose(email: str, *kinds: MailKind, own_acts: bool = False) -> None:
    choose_mails(membership=member(email), kinds=kinds, own_acts=own_acts, actor=by(email))


def reset(application: Application, actor: Actor = OPERATOR) -> str:
    older = list(application.secrets.older().values_list("pk", flat=True))
    return reset_secret(application=application, overlap=Overlap.DAY, end_older=older, actor=actor)


# --- Who is told ------------------------------------------------------------------------------------


def test_owners_and_admins_are_told_viewers_and_strangers_not(cast: Cast, committed: Committed) -> None:
    with committed():
        reset(cast.application)
    assert to() == [ADA, ALICE]


def test_who_did_it_is_not_told(cast: Cast, committed: Committed) -> None:
    with committed():
        reset(cast.application, by(ADA))
    assert to() == [ALICE]


def test_a_program_is_nobody_who_could_be_left_out(cast: Cast, committed: Committed) -> None:
    """Over the API an application acts, whose name may be anything."""
    with committed():
        reset(cast.application, Actor(ActorKind.APPLICATION, cast.application.application_id))
    assert to() == [ADA, ALICE]
    assert f"The client of Order notifications ({cast.application.application_id[:8]})" in mail.outbox[0].body


def test_each_chooses_kinds(cast: Cast, committed: Committed) -> None:
    choose(ADA, MailKind.API_KEY)
    choose(BOB, MailKind.SECRET)
    with committed():
        reset(cast.application)
    assert to() == [ALICE, BOB]
    mail.outbox.clear()
    with committed():
        create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    assert to() == [ADA, ALICE]


def test_who_wants_to_is_told_of_their_own_acts(cast: Cast, committed: Committed) -> None:
    choose(ALICE, MailKind.SECRET, own_acts=True)
    with committed():
        reset(cast.application, by(ALICE))
    assert to() == [ADA, ALICE]


def test_a_choice_goes_with_the_role_where_it_says_nothing(cast: Cast) -> None:
    choose(ADA, *(set(MailKind) - {MailKind.SECRET}))
    assert list(member(ADA).mail_choices.values_list("kind", "wanted")) == [("secret", False)]
    change_role(membership=member(ADA), role=Role.VIEWER, actor=OPERATOR)
    assert member(ADA).mail_kinds == frozenset()
    change_role(membership=member(ADA), role=Role.OWNER, actor=OPERATOR)
    assert member(ADA).mail_kinds == set(MailKind) - {MailKind.SECRET}


def test_owners_and_admins_cannot_refuse_what_somebody_else_may_have(
    cast: Cast, committed: Committed
) -> None:
    choose(ALICE)
    choose(BOB)
    assert member(ALICE).mail_kinds == ALWAYS
    with committed():
        facts = {
            "action": "credential:found",
            "target": "Shop",
            "details": {"found": "token", "hints": ["2bce"]},
        }
        tell(cast.account, MailKind.FOUND, {**facts, "application_id": cast.application.application_id})
    assert to() == [ADA, ALICE]


def test_the_choice_is_in_the_audit_log_once(cast: Cast) -> None:
    choose(BOB, MailKind.SECRET, own_acts=True)
    choose(BOB, MailKind.SECRET, own_acts=True)
    [event] = AuditEvent.objects.filter(action=Action.MAILS_CHANGED)
    assert (event.actor, event.target, event.details) == (BOB, BOB, {"mails": [[], ["secret", "own"]]})


def test_who_cannot_sign_in_is_not_told(cast: Cast, committed: Committed) -> None:
    User.objects.filter(email=ADA).update(is_active=False)
    with committed():
        reset(cast.application)
    assert to() == [ALICE]


# --- What is told -----------------------------------------------------------------------------------


@time_machine.travel(AT, tick=False)
def test_what_a_mail_says(cast: Cast, committed: Committed) -> None:
    old = cast.application.secrets.get().hint
    with committed():
        secret = reset(cast.application, by(ADA))
    [message] = mail.outbox
    assert message.subject == "The secret of Order notifications was reset"
    link = f"http://localhost:8000/panel/{cast.account.pk}/applications/{cast.application.application_id}/"
    did = "Ada Marlowe (ada@marlowe.example) reset the secret of Order notifications in Marlowe Logistics."
    for line in (
        f"{did} The one before, ending in {old}, works until 27 November 2026, 13:30.",
        "When: 26 November 2026, 13:30 (Europe/Warsaw)",
        "From: 198.51.100.9",
        "Request: 6f3c8f0e-0f6c-4a57-9d0f-7d7c2f3b9a11",
        link,
        f"http://localhost:8000/panel/{cast.account.pk}/mails/",
    ):
        assert line in message.body.splitlines()
    assert "If nobody you know did this" in message.body
    assert f'href="{link}"' in html_of(message)
    raw = message.message().as_bytes()
    assert secret not in raw.decode()


def acts(cast: Cast) -> dict[str, Callable[[], object]]:
    """What is done → how its mail begins."""
    scopes, account = list(Scope.objects.filter(name="sms")), cast.account
    key = create_api_key(account=account, name=Name("CRM"), scopes=scopes, actor=OPERATOR)[0]
    application: dict[str, Any] = {"scopes": scopes, "lifetime": Lifetime.NEVER, "actor": OPERATOR}
    old = cast.application.secrets.get()
    reset(cast.application)
    old.refresh_from_db()
    dora: dict[str, Any] = {
        "account": account,
        "email": EmailAddress("dora@marlowe.example"),
        "role": Role.ADMIN,
        "actor": OPERATOR,
    }
    person: dict[str, Any] = {"person": cast.bob, "actor": by(BOB), "details": {}}
    return {
        "The old secret of Order notifications was stopped": lambda: retire_secret(
            secret=old, actor=OPERATOR
        ),
        "API key created: Mail": lambda: create_api_key(
            account=account, name=Name("Mail"), scopes=None, actor=OPERATOR
        ),
        "API key revoked: CRM": lambda: revoke_api_key(api_key=key, actor=OPERATOR),
        "Tokens of Shop never expire": lambda: create_application(
            account=account, name=Name("Shop"), **application
        ),
        "Tokens of Till never expire": lambda: update_application(
            application=cast.application, name=Name("Till"), **application
        ),
        "dora@marlowe.example was invited": lambda: invite_member(**dora),
        "dora@marlowe.example is a member": lambda: add_member(**dora, password="a long and dull password"),
        "ada@marlowe.example has another role": lambda: change_role(
            membership=member(ADA), role=Role.VIEWER, actor=OPERATOR
        ),
        "bob@marlowe.example left": lambda: leave_account(membership=member(BOB), actor=by(BOB)),
        "ada@marlowe.example was removed": lambda: remove_member(membership=member(ADA), actor=OPERATOR),
        "Bob Marlowe removed a second factor": lambda: record_of_person(
            action=Action.PASSKEY_REMOVED, **person
        ),
    }


ACTS = ["The old secret", "API key created", "API key revoked", "Tokens of Shop", "Tokens of Till"]
ACTS += [
    "dora@marlowe.example was invited",
    "dora@marlowe.example is a member",
    "ada@marlowe.example has another",
]
ACTS += ["bob@marlowe.example left", "ada@marlowe.example was removed", "Bob Marlowe removed"]


@pytest.mark.parametrize("begins", ACTS)
def test_what_is_done_is_told(begins: str, cast: Cast, committed: Committed) -> None:
    [(subject, act)] = [(known, act) for known, act in acts(cast).items() if known.startswith(begins)]
    mail.outbox.clear()
    with committed():
        act()
    [message] = [message for message in mail.outbox if message.to == [ALICE]]
    assert message.subject.startswith(subject)
    assert "Marlowe Logistics" in message.body
    assert re.search(r"^http://localhost:8000/panel/\S+$", str(message.body), re.MULTILINE)


@pytest.mark.parametrize("lifetime", [Lifetime.DAY, Lifetime.WEEK])
def test_a_lifetime_with_an_end_is_not_news(lifetime: Lifetime, cast: Cast, committed: Committed) -> None:
    Application.objects.filter(pk=cast.application.pk).update(lifetime=Lifetime.NEVER)
    scopes = list(Scope.objects.filter(name="sms"))
    with committed():
        update_application(
            application=cast.application, name=Name("Till"), lifetime=lifetime, scopes=scopes, actor=OPERATOR
        )
    assert mail.outbox == []


def test_whoever_it_was_done_to_is_told_in_their_own_words(cast: Cast, committed: Committed) -> None:
    choose(ADA)
    with committed():
        remove_member(membership=member(ADA), actor=by(ALICE))
    [message] = mail.outbox
    assert (message.to, message.subject) == ([ADA], "You were removed from Marlowe Logistics")
    assert "it cannot be switched off" in message.body
    assert "/members/" not in message.body, "a page that they cannot open"


def test_every_kind_is_told_by_something_and_has_its_template(cast: Cast, committed: Committed) -> None:
    assert {*KINDS.values(), MailKind.NEVER} == set(MailKind)
    details = {"found": "token", "hints": [], "stops": "2026-11-26T12:00:00Z", "role": "admin"}
    facts = {"target": "x", "application_id": cast.application.application_id, "details": details}
    for kind in MailKind:
        with committed():
            tell(cast.account, kind, {"action": "", **facts})
    subjects = {message.subject for message in mail.outbox}
    assert len(subjects) == len(MailKind)
    assert all(subjects)


HOSTILE = (
    "Shop\u2028Bcc: all@x.example\u202e <img src=x> https://evil.example/ {{ x }} {% y %} %s חנות 👩\u200d💻"
)


def test_a_name_forges_neither_header_nor_text(cast: Cast, committed: Committed) -> None:
    Application.objects.filter(pk=cast.application.pk).update(name=HOSTILE)
    cast.application.refresh_from_db()
    User.objects.filter(email=ADA).update(name="Ada\u202e https://evil.example/")
    with committed():
        reset(cast.application, by(ADA))
    [message] = mail.outbox
    parsed = message.message()
    assert "Bcc" not in parsed
    assert parsed["To"] == ALICE
    for text in (str(message.subject), str(message.body), html_of(message)):
        assert not re.search("[\u2028\u2029\u202a-\u202e]", text)
        assert "https://evil" not in text
        assert "{{ x }} {% y %} %s" in text
    assert "<img" not in html_of(message)
    assert "\u2068" in message.subject, "right to left, so kept inside its place"
    assert not [line for line in parsed.as_bytes().splitlines() if len(line) > 998]


# --- How many ---------------------------------------------------------------------------------------


def test_a_thousand_acts_make_ten_mails_the_last_of_which_says_so(cast: Cast, committed: Committed) -> None:
    facts = {"by": {}, "at": AT.timestamp(), "action": "api_key:revoke", "target": "CRM", "details": {}}
    with time_machine.travel(AT, tick=False):
        for _number in range(1000):
            send_news.func(account_pk=cast.account.pk, kind="api_key", person="", facts=facts)
        reset_to_ada = [message for message in mail.outbox if message.to == [ADA]]
        assert len(reset_to_ada) == MAILS_AN_HOUR == 10
        assert "Until 14:00 no more of this kind are sent" in reset_to_ada[-1].body
        assert not any("no more of this kind" in message.body for message in reset_to_ada[:-1])
        mail.outbox.clear()
        with committed():
            reset(cast.application)
        assert to() == [ADA, ALICE], "another kind"
    mail.outbox.clear()
    with time_machine.travel(AT.replace(hour=13), tick=False):
        send_news.func(account_pk=cast.account.pk, kind="api_key", person="", facts=facts)
    assert to() == [ADA, ALICE], "another hour"


def test_two_hundred_members_cost_no_more_queries(cast: Cast) -> None:
    facts = {
        "by": {"kind": "user", "name": BOB},
        "at": 0,
        "action": "api_key:revoke",
        "target": "",
        "details": {},
    }

    def sent() -> int:
        with CaptureQueriesContext(connection) as queries:
            send_news.func(account_pk=cast.account.pk, kind="api_key", person="", facts=facts)
        return len(queries.captured_queries)

    sent()  # reads once what all mails say alike
    few = sent()
    users = User.objects.bulk_create(User(email=f"m{number}@marlowe.example") for number in range(200))
    Membership.objects.bulk_create(
        Membership(account=cast.account, user=user, role=Role.ADMIN) for user in users
    )
    mail.outbox.clear()
    assert sent() == few
    assert len(mail.outbox) == 202


# --- The act comes first ----------------------------------------------------------------------------


def test_a_mail_that_fails_fails_no_act(
    cast: Cast, committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_options: Any) -> int:
        raise ConnectionError("no such server")

    monkeypatch.setattr(EmailBackend, "send_messages", broken)
    monkeypatch.setattr("applications.operations.news_mails.get_template", broken)
    with committed():
        reset(cast.application)
    assert AuditEvent.objects.filter(action=Action.SECRET_RESET).exists()
    assert mail.outbox == []


def test_what_was_undone_is_not_told(cast: Cast, committed: Committed) -> None:
    with committed(), transaction.atomic():
        reset(cast.application)
        transaction.set_rollback(True)
    assert mail.outbox == []


def test_an_address_that_is_refused_keeps_the_mail_from_no_other(
    cast: Cast, committed: Committed, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send = EmailBackend.send_messages

    def picky(self: EmailBackend, messages: list[Any]) -> int:
        if messages[0].to == [ADA]:
            raise SMTPRecipientsRefused({ADA: (550, b"no such user")})
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", picky)
    with committed(), caplog.at_level(logging.ERROR):
        reset(cast.application)
    assert to() == [ALICE]
    assert "refused an address" in caplog.text


def test_a_sample_of_the_past_is_not_told(cast: Cast, committed: Committed) -> None:
    with committed():
        reset(cast.application, Actor(ActorKind.USER, ADA, at=AT))
    assert mail.outbox == []


# --- About oneself ----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", sorted(PERSONAL))
def test_what_guards_ones_sign_in_is_told_to_oneself(
    action: Action, cast: Cast, committed: Committed
) -> None:
    with committed():
        record_of_person(person=cast.bob, action=action, actor=by(BOB), details={})
    [message] = [message for message in mail.outbox if message.to == [BOB]]
    assert "Latchkey" in message.subject
    assert "it cannot be switched off" in message.body
    assert "http://localhost:8000/panel/sign-in/new-password/" in message.body
    assert "From: 198.51.100.9" in message.body
    assert "(Europe/Warsaw)" in message.body
    assert 'href="http://localhost:8000/panel/sign-in/new-password/"' in html_of(message)


@pytest.mark.parametrize("action", [Action.SIGNED_IN, Action.SIGNED_OUT, Action.SECOND_FACTOR_USED])
def test_what_people_do_every_day_is_not_told(action: Action, cast: Cast, committed: Committed) -> None:
    with committed():
        record_of_person(person=cast.bob, action=action, actor=by(BOB), details={})
    assert mail.outbox == []


def test_another_address_of_the_person(cast: Cast, committed: Committed) -> None:
    with committed():
        tell_person(cast.bob, Action.PASSWORD_CHANGED, by=by(BOB), to="bob@old.example")
    assert to() == ["bob@old.example"]


def test_mails_name_the_configured_address(cast: Cast, committed: Committed, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://panel.example"
    with committed():
        reset(cast.application)
        tell_person(cast.bob, Action.PASSWORD_CHANGED, by=by(BOB))
    for message in mail.outbox:
        assert set(re.findall(r"https?://[^/\s]+", str(message.body))) == {"https://panel.example"}
