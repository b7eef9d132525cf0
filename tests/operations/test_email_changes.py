"""Changing one's email: it holds when both addresses have confirmed, once, in time, and for nobody else's address."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress as LibraryEmail
from django.core import mail
from django.utils.timezone import now

from applications.errors import AccessDenied, Conflict, InvalidParam, LimitReached, NotFound
from applications.models import APIKey, Application, AuditEvent, EmailChange, Invitation, User
from applications.models.audit import Action, ActorKind
from applications.models.email_changes import EmailChangeState
from applications.models.memberships import Role
from applications.operations.actors import Actor
from applications.operations.api_keys import create_api_key
from applications.operations.email_changes import (
    MOST_A_DAY,
    ask_for_email_change,
    confirm_email_change,
    purge_email_changes,
    refuse_email_change,
    withdraw_email_change,
)
from applications.operations.invitations import invite_member
from applications.panel.members import rows_of
from applications.rules.emails import EmailAddress
from applications.rules.names import Name
from tests.cast import Cast, make_cast
from tests.operations.test_races import at_once

OLD, NEW = "alice@marlowe.example", "alice.new@marlowe.example"
pytestmark = pytest.mark.django_db
NOON = "2026-11-26 12:00:00Z"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def acting(email: str = OLD) -> Actor:
    return Actor(ActorKind.USER, email, "192.0.2.44", "request")


def ask(cast: Cast, email: str = NEW) -> tuple[str, str]:
    """Ask for a change; return the values of the two links as they were mailed ("" where none was)."""
    mail.outbox.clear()
    ask_for_email_change(person=cast.alice, email=EmailAddress(email), actor=acting())
    return value_mailed(OLD), value_mailed(email.lower())


def value_mailed(to: str) -> str:
    [message] = [message for message in mail.outbox if message.to == [to]]
    found = re.search(r"/panel/emails/([0-9a-f]{40})/$", str(message.body), re.M)
    return found[1] if found else ""


def stored(cast: Cast) -> str:
    return User.objects.get(pk=cast.alice.pk).email


@pytest.fixture(autouse=True)
def mails_at_once(django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails go out on commit, which the transaction of a test never reaches."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **_more: callback())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["old first", "new first"])
def test_it_holds_once_both_have_confirmed_in_either_order(cast: Cast, order: tuple[int, int]) -> None:
    values = ask(cast)
    first = confirm_email_change(value=values[order[0]], actor=acting())
    assert first.state == EmailChangeState.OPEN
    assert stored(cast) == OLD
    assert confirm_email_change(value=values[order[1]], actor=acting()).state == EmailChangeState.DONE
    assert stored(cast) == NEW


@pytest.mark.parametrize("side", [0, 1], ids=["old", "new"])
def test_one_address_alone_changes_nothing_however_often_it_confirms(cast: Cast, side: int) -> None:
    value = ask(cast)[side]
    confirm_email_change(value=value, actor=acting())
    with pytest.raises(Conflict):
        confirm_email_change(value=value, actor=acting())
    assert stored(cast) == OLD


def test_links_work_once(cast: Cast) -> None:
    for value in (values := ask(cast)):
        confirm_email_change(value=value, actor=acting())
    for value in values:
        for operation in (confirm_email_change, refuse_email_change):
            with pytest.raises(NotFound):
                operation(value=value, actor=acting(NEW))
    assert stored(cast) == NEW


def test_links_end_after_24_hours(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        old, new = ask(cast)
        clock.shift(timedelta(hours=24) - timedelta(seconds=1))
        confirm_email_change(value=old, actor=acting())
        clock.shift(1)
        with pytest.raises(NotFound):
            confirm_email_change(value=new, actor=acting())
        assert EmailChange.objects.get().state == EmailChangeState.EXPIRED
        assert stored(cast) == OLD
        assert ask(cast)[1], "an expired one is in nobody's way"


def test_asking_again_ends_the_links_before(cast: Cast) -> None:
    before, after = ask(cast), ask(cast, "other@marlowe.example")
    confirm_email_change(value=after[0], actor=acting())
    for value in before:
        with pytest.raises(NotFound):
            confirm_email_change(value=value, actor=acting())
    confirm_email_change(value=after[1], actor=acting())
    assert stored(cast) == "other@marlowe.example"


@pytest.mark.parametrize("side", [0, 1], ids=["old", "new"])
def test_either_address_stops_it(cast: Cast, side: int) -> None:
    values = ask(cast)
    confirm_email_change(value=values[1 - side], actor=acting())
    assert refuse_email_change(value=values[side], actor=acting()).state == EmailChangeState.WITHDRAWN
    for value in values:
        with pytest.raises(NotFound):
            confirm_email_change(value=value, actor=acting())
    assert stored(cast) == OLD


def test_the_person_withdraws_it_once(cast: Cast) -> None:
    values = ask(cast)
    withdraw_email_change(person=cast.alice, actor=acting())
    with pytest.raises(NotFound):
        withdraw_email_change(person=cast.alice, actor=acting())
    with pytest.raises(NotFound):
        confirm_email_change(value=values[0], actor=acting())


def test_ones_own_address_in_any_case_is_an_error(cast: Cast) -> None:
    with pytest.raises(InvalidParam):
        ask(cast, "Alice@Marlowe.example")
    assert not EmailChange.objects.exists()
    assert mail.outbox == []


def test_an_address_of_somebody_else_looks_the_same_and_is_never_given(cast: Cast) -> None:
    old, new = ask(cast, "bob@marlowe.example")
    assert new == "", "no link went there"
    assert "Your address is in use" in [message.subject for message in mail.outbox][1]
    change = confirm_email_change(value=old, actor=acting())
    assert change.state == EmailChangeState.OPEN
    assert stored(cast) == OLD


def test_an_address_that_somebody_got_meanwhile_is_not_taken_from_them(cast: Cast) -> None:
    old, new = ask(cast)
    confirm_email_change(value=old, actor=acting())
    User.objects.filter(pk=cast.bob.pk).update(email=NEW)
    assert confirm_email_change(value=new, actor=acting()).state == EmailChangeState.WITHDRAWN
    assert stored(cast) == OLD
    assert User.objects.get(pk=cast.bob.pk).email == NEW


def test_six_times_a_day_is_too_often(cast: Cast) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(MOST_A_DAY):
            ask(cast, f"alice{number}@marlowe.example")
        with pytest.raises(LimitReached):
            ask(cast)
        clock.shift(timedelta(hours=24))
        assert ask(cast)[1]


def test_who_may_not_sign_in_any_more_changes_nothing(cast: Cast) -> None:
    values = ask(cast)
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    for value in values:
        with pytest.raises(NotFound):
            confirm_email_change(value=value, actor=acting())


def test_a_link_is_worth_nothing_once_the_email_was_changed_otherwise(cast: Cast) -> None:
    values = ask(cast)
    User.objects.filter(pk=cast.alice.pk).update(email="operator.set@marlowe.example")
    with pytest.raises((NotFound, AccessDenied)):
        confirm_email_change(value=values[0], actor=acting("operator.set@marlowe.example"))


def test_both_addresses_are_told_and_the_audit_log_of_each_account(cast: Cast) -> None:
    values = ask(cast)
    mail.outbox.clear()
    for value in values:
        confirm_email_change(value=value, actor=acting())
    told = {message.to[0]: message for message in mail.outbox}
    assert set(told) == {OLD, NEW}
    assert f"You sign in to Latchkey as {NEW} from now on, no longer as {OLD}." in str(told[OLD].body)
    rows = list(AuditEvent.objects.filter(account=cast.account, action__startswith="email:").order_by("pk"))
    actions = [Action.EMAIL_CHANGE_ASKED, *[Action.EMAIL_CHANGE_CONFIRMED] * 2, Action.EMAIL_CHANGED]
    assert [row.action for row in rows] == actions
    assert rows[-1].details == {"email": [OLD, NEW]}
    assert not {*values} & set(str([row.details for row in rows]).split("'")), "never the link"


def test_what_the_person_made_stays_theirs(cast: Cast) -> None:
    owner = Actor(ActorKind.USER, OLD)
    create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=owner)
    invite_member(
        account=cast.account, email=EmailAddress("dora@marlowe.example"), role=Role.VIEWER, actor=owner
    )
    Application.objects.filter(pk=cast.application.pk).update(created_by=OLD)
    for value in ask(cast):
        confirm_email_change(value=value, actor=acting())
    made = rows_of(cast.account, cast.account.memberships.filter(user=cast.alice).select_related("user"))[
        0
    ].made
    assert (made.applications, made.api_keys) == (1, 1)
    assert not APIKey.objects.filter(created_by=OLD).exists()
    assert Invitation.objects.get().created_by == NEW


def test_the_librarys_own_table_forgets_the_old_address(cast: Cast) -> None:
    """It holds the addresses that links for a new password were mailed to, and would go on mailing them there."""
    LibraryEmail.objects.create(user=cast.alice, email=OLD, verified=True, primary=True)
    for value in ask(cast):
        confirm_email_change(value=value, actor=acting())
    assert not LibraryEmail.objects.filter(user=cast.alice).exists()


def test_only_digests_are_stored(cast: Cast) -> None:
    values = ask(cast)
    row = str(list(EmailChange.objects.values()))
    assert not [value for value in values if value in row]


def test_the_old_are_swept_30_days_after_their_end(cast: Cast) -> None:
    ask(cast)
    EmailChange.objects.update(expires_at=now() - timedelta(days=30) + timedelta(minutes=1))
    assert purge_email_changes() == 0
    EmailChange.objects.update(expires_at=now() - timedelta(days=30, minutes=1))
    assert purge_email_changes() == 1


@pytest.mark.parametrize("template", ["old", "new", "taken", "changed"])
def test_each_mail_has_text_and_html_and_no_line_of_it_is_cut(cast: Cast, template: str) -> None:
    if template == "taken":
        ask(cast, "bob@marlowe.example")
    else:
        values = ask(cast)
    if template == "changed":
        mail.outbox.clear()
        for value in values:
            confirm_email_change(value=value, actor=acting())
    message = mail.outbox[-1 if template in ("new", "taken") else 0]
    raw = message.message().as_string()
    assert [part.get_content_type() for part in message.message().walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert "quoted-printable" not in raw
    assert "\n" not in message.subject
    if template in ("old", "new"):
        value = value_mailed(message.to[0])
        links = re.findall(rf"http://localhost:8000/panel/emails/{value}/", raw)
        assert len(links) == 4, "in the text, on the button, and twice where it can be copied"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_both_at_once_finish_it_once(cast: Cast) -> None:
    old, new = ask(cast)
    at_once(
        lambda: confirm_email_change(value=old, actor=acting()),
        lambda: confirm_email_change(value=new, actor=acting()),
    )
    assert stored(cast) == NEW
    assert AuditEvent.objects.filter(account=cast.account, action=Action.EMAIL_CHANGED).count() == 1
