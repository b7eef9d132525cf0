"""What is found about the credentials of an account, and deciding that it stays for a year."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.errors import AccessDenied, Conflict, InvalidParam, NotFound
from applications.models import APIKey, Application, AuditEvent, KeptFinding
from applications.models.applications import Lifetime
from applications.models.audit import ActorKind
from applications.models.findings import Finding, Findings
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR, Actor, Limits
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import delete_application, switch_application
from applications.operations.findings import keep_finding, reopen_finding
from applications.operations.secrets import reset_secret, retire_secret
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.rules.names import Name
from applications.rules.networks import NetworkText
from tests.factories import make_account, make_application, make_token

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def application() -> Application:
    """One about which nothing is found: new, with allowed IPs."""
    account = make_account()
    change_allowed_ips(account=account, add=[Line(NetworkText("192.0.2.0/24"))], actor=OPERATOR)
    return make_application(account)[0]


def found(application: Application) -> list[tuple[Finding, bool, int]]:
    return Findings(application.account, now())[:100]


def kinds(application: Application) -> set[Finding]:
    return {kind for kind, is_key, _pk in found(application) if not is_key}


def stored(application: Application, **columns: Any) -> None:
    Application.objects.filter(pk=application.pk).update(**columns)


def test_nothing_is_found_about_what_is_new_and_fenced(application: Application) -> None:
    assert found(application) == []
    assert Findings(application.account, now()).count() == 0


def old_secret(application: Application, days: float) -> None:
    application.secrets.update(created_at=now() - days * DAY)


def last_used(application: Application, days: float) -> None:
    stored(application, last_used_at=now() - days * DAY)


def made(application: Application, days: float) -> None:
    stored(application, created_at=now() - days * DAY)


@pytest.mark.parametrize(
    ("kind", "change", "just_not", "just"),
    [
        (Finding.OLD, old_secret, 364.9, 365.1),
        (Finding.UNUSED, last_used, 89.9, 90.1),
        (Finding.NEVER_USED, made, 6.9, 7.1),
    ],
)
def test_it_is_found_once_it_is_old_enough(
    application: Application, kind: Finding, change: Any, just_not: float, just: float
) -> None:
    change(application, just_not)
    assert kinds(application) == set()
    change(application, just)
    assert kinds(application) == {kind}


def test_a_secret_that_was_replaced_is_not_found_old(application: Application) -> None:
    old_secret(application, 400)
    reset_secret(application=application, overlap=Overlap.NOW, actor=OPERATOR)
    assert kinds(application) == set()


def test_two_secrets_are_found_until_the_old_one_is_stopped(application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    assert kinds(application) == {Finding.TWO_SECRETS}
    retire_secret(secret=application.secrets.exclude(expires_at=None).get(), actor=OPERATOR)
    assert kinds(application) == set()


def test_tokens_that_never_expire_are_found_after_the_lifetime_was_changed_too(
    application: Application,
) -> None:
    stored(application, lifetime=Lifetime.NEVER)
    assert kinds(application) == {Finding.NEVER_EXPIRES}
    stored(application, lifetime=Lifetime.DAY)
    assert kinds(application) == set()
    first = make_token(application, lives=None)
    assert kinds(application) == {Finding.NEVER_EXPIRES}
    revoke_token(token=first, actor=OPERATOR)
    assert kinds(application) == set()
    make_token(application, lives=None)
    revoke_all_tokens(application=application, actor=OPERATOR)
    assert kinds(application) == set()


def test_a_list_of_the_account_or_of_its_own_is_enough(application: Application) -> None:
    account, lines = application.account, [Line(NetworkText("192.0.2.0/24"))]
    change_allowed_ips(account=account, remove=[NetworkText("192.0.2.0/24")], actor=OPERATOR)
    assert kinds(application) == {Finding.NO_ALLOWED_IPS}
    change_allowed_ips(account=account, application=application, add=lines, actor=OPERATOR)
    assert kinds(application) == set()


def test_disabled_applications_and_revoked_keys_are_left_out(application: Application) -> None:
    key, _value = create_api_key(account=application.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    last_used(application, 100)
    assert {(kind, is_key) for kind, is_key, _pk in found(application)} == {
        (Finding.ALL_SCOPES, True),
        (Finding.UNUSED, False),
    }
    switch_application(application=application, enabled=False, actor=OPERATOR)
    revoke_api_key(api_key=key, actor=OPERATOR)
    assert found(application) == []


def test_api_keys(application: Application) -> None:
    key, _value = create_api_key(account=application.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    keys = APIKey.objects.filter(pk=key.pk)
    keys.update(created_at=now() - 400 * DAY)
    change_allowed_ips(account=application.account, remove=[NetworkText("192.0.2.0/24")], actor=OPERATOR)
    of_key = [kind for kind, is_key, _pk in found(application) if is_key]
    assert of_key == [Finding.ALL_SCOPES, Finding.OLD, Finding.NEVER_USED, Finding.NO_ALLOWED_IPS]
    keys.update(last_used_at=now() - 91 * DAY, scope="sms")
    of_key = [kind for kind, is_key, _pk in found(application) if is_key]
    assert of_key == [Finding.OLD, Finding.UNUSED, Finding.NO_ALLOWED_IPS]


def test_another_accounts_are_not_found(application: Application) -> None:
    other = make_application(make_account("Elsewhere", "charlie@elsewhere.example"))[0]
    assert kinds(other) == {Finding.NO_ALLOWED_IPS}
    assert found(application) == []


def test_the_most_urgent_come_first_and_one_kind_alone_can_be_asked_for(application: Application) -> None:
    account = application.account
    stored(application, lifetime=Lifetime.NEVER)
    other = make_application(account, lifetime=Lifetime.NEVER)[0]
    last_used(other, 100)
    key, _value = create_api_key(account=account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    expected = [
        (Finding.NEVER_EXPIRES, False, other.pk),
        (Finding.NEVER_EXPIRES, False, application.pk),
        (Finding.ALL_SCOPES, True, key.pk),
        (Finding.UNUSED, False, other.pk),
    ]
    assert found(application) == expected
    assert Findings(account, now())[1:3] == expected[1:3]
    some = Findings(account, now(), Finding.UNUSED)
    assert (some.count(), some[:10]) == (1, expected[3:])
    assert Findings(account, now(), Finding.OLD)[:10] == []


def test_many_take_as_many_queries_as_few(
    application: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    account = application.account
    rows = [
        Application(account=account, application_id=f"{number:040x}", lifetime=Lifetime.NEVER)
        for number in range(300)
    ]
    Application.objects.bulk_create(rows)
    with django_assert_num_queries(4):
        everything = Findings(account, now())
        assert (everything.count(), len(everything[275:300])) == (600, 25)


# --- Deciding -----------------------------------------------------------------------------------

ALICE = Actor(ActorKind.USER, "alice@marlowe.example", "192.0.2.9", "request-1")


def test_what_is_kept_is_found_no_more_until_a_year_is_over_or_it_is_taken_back(
    application: Application,
) -> None:
    last_used(application, 100)
    kept = keep_finding(subject=application, kind=Finding.UNUSED, actor=ALICE)
    assert (kept.kept_by, kept.until - kept.kept_at) == ("alice@marlowe.example", 365 * DAY)
    assert kinds(application) == set()
    with time_machine.travel(now() + 366 * DAY):
        assert Finding.UNUSED in kinds(application)
    reopen_finding(kept=kept, actor=ALICE)
    assert kinds(application) == {Finding.UNUSED}
    rows = AuditEvent.objects.filter(action__startswith="finding:").order_by("pk")
    assert [(row.action, row.actor, row.target, row.application_id) for row in rows] == [
        ("finding:keep", "alice@marlowe.example", "Order notifications", application.application_id),
        ("finding:reopen", "alice@marlowe.example", "Order notifications", application.application_id),
    ]
    assert rows[0].details["finding"] == "unused"


def test_a_key_is_kept_apart_from_applications_and_other_kinds(application: Application) -> None:
    key, _value = create_api_key(account=application.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    APIKey.objects.update(created_at=now() - 8 * DAY)
    keep_finding(subject=key, kind=Finding.ALL_SCOPES, actor=ALICE)
    assert found(application) == [(Finding.NEVER_USED, True, key.pk)]
    assert KeptFinding.objects.get().api_key == key


def test_once_the_year_is_over_it_can_be_kept_again(application: Application) -> None:
    last_used(application, 100)
    keep_finding(subject=application, kind=Finding.UNUSED, actor=ALICE)
    KeptFinding.objects.update(until=now() - DAY)
    again = keep_finding(subject=application, kind=Finding.UNUSED, actor=OPERATOR)
    assert (KeptFinding.objects.get(), again.kept_by) == (again, "operator")


def test_two_secrets_are_found_again_after_the_next_reset(application: Application) -> None:
    """The decision was about the secrets of then."""
    reset_secret(application=application, overlap=Overlap.NOW, actor=OPERATOR)
    reset_secret(application=application, overlap=Overlap.WEEK, actor=OPERATOR)
    keep_finding(subject=application, kind=Finding.TWO_SECRETS, actor=ALICE)
    assert kinds(application) == set()
    older = [secret.pk for secret in application.secrets.older()]
    reset_secret(application=application, overlap=Overlap.WEEK, actor=OPERATOR, end_older=older)
    assert kinds(application) == {Finding.TWO_SECRETS}


def test_only_what_is_found_can_be_kept_and_only_once(application: Application) -> None:
    last_used(application, 100)
    keep = partial(keep_finding, subject=application, actor=ALICE)
    for kind in (Finding.OLD, Finding.ALL_SCOPES):
        with pytest.raises(Conflict, match="not found any more"):
            keep(kind=kind)
    hostiles: list[Any] = ["", "unused\x00", "everything"]
    for hostile in hostiles:
        with pytest.raises(InvalidParam):
            keep(kind=hostile)
    keep(kind=Finding.UNUSED)
    with pytest.raises(Conflict):
        keep(kind=Finding.UNUSED)
    assert AuditEvent.objects.filter(action="finding:keep").count() == 1


def test_no_viewer_and_no_credential_decides(application: Application) -> None:
    last_used(application, 100)
    limits = Limits(application.account_id, ("sms", "groups"), application.pk, None)
    for actor in (
        Actor(ActorKind.USER, "bob@marlowe.example", may_change=False),
        Actor(ActorKind.APPLICATION, "x", limits=limits),
    ):
        with pytest.raises(AccessDenied):
            keep_finding(subject=application, kind=Finding.UNUSED, actor=actor)
    kept = keep_finding(subject=application, kind=Finding.UNUSED, actor=ALICE)
    with pytest.raises(AccessDenied):
        reopen_finding(kept=kept, actor=Actor(ActorKind.USER, "bob@marlowe.example", may_change=False))


def test_what_is_gone_is_not_kept_nor_taken_back_twice(application: Application) -> None:
    last_used(application, 100)
    kept = keep_finding(subject=application, kind=Finding.UNUSED, actor=ALICE)
    reopen_finding(kept=kept, actor=ALICE)
    with pytest.raises(NotFound):
        reopen_finding(kept=kept, actor=ALICE)
    delete_application(application=Application.objects.get(), actor=OPERATOR)
    with pytest.raises(NotFound):
        keep_finding(subject=application, kind=Finding.UNUSED, actor=ALICE)
