"""Two at once, with real threads on PostgreSQL: nobody's write is lost, nothing survives what should end it."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction

from applications.errors import Conflict, DomainError, LimitReached
from applications.models import AccessToken, AddressUse, Application, AuditEvent, DailyUsage, Refusal, Scope
from applications.models.applications import Lifetime
from applications.models.scope_use import ScopeUse
from applications.models.secret_use import SecretUse
from applications.models.secrets import Overlap
from applications.models.usage import ISSUED, Reason
from applications.operations import usage
from applications.operations.actors import OPERATOR
from applications.operations.applications import (
    create_application,
    delete_application,
    update_application,
)
from applications.operations.audit import chained
from applications.operations.clients import InvalidClient
from applications.operations.locks import lock_application
from applications.operations.secrets import reset_secret
from applications.operations.tokens import issue_token, revoke_all_tokens
from applications.rules.credentials import digest, token_key
from applications.rules.names import Name
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HERE = parse_address("127.0.0.1")


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Call all in threads of their own, let off together; return each one's result or DomainError."""
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return call()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def issue(application: Application, secret: str) -> str:
    return issue_token(
        client_id=application.application_id,
        secret=secret,
        scopes=None,
        address=HERE,
        request_id=str(uuid.uuid4()),
    ).value


def test_two_admins_change_one_application() -> None:
    application, _secret = make_application(make_account("Demo"))
    scopes = list(Scope.objects.filter(name="sms"))

    def change(name: str) -> Callable[[], object]:
        return lambda: update_application(
            application=application,
            name=Name(name),
            lifetime=Lifetime.DAY,
            scopes=scopes,
            actor=OPERATOR,
            revision=0,
        )

    results = at_once(change("Ada's"), change("Bea's"))
    assert sum(isinstance(result, Conflict) for result in results) == 1
    application.refresh_from_db()
    assert application.name in ("Ada's", "Bea's")
    assert application.revision == 1


def test_one_form_sent_twice_at_once_creates_one_application() -> None:
    account, submission = make_account("Demo"), uuid.uuid4()
    scopes = list(Scope.objects.filter(name="sms"))

    def create() -> object:
        return create_application(
            account=account,
            name=Name(""),
            lifetime=Lifetime.DAY,
            scopes=scopes,
            actor=OPERATOR,
            submission=submission,
        )

    results = at_once(create, create, create)
    assert sum(isinstance(result, Conflict) for result in results) == 2
    assert Application.objects.count() == 1


def test_two_at_once_do_not_make_one_more_than_there_may_be(settings: Any) -> None:
    account, scopes = make_account("Demo"), list(Scope.objects.filter(name="sms"))
    settings.APPLICATIONS_PER_ACCOUNT = 2

    def create() -> object:
        return create_application(
            account=account, name=Name(""), lifetime=Lifetime.DAY, scopes=scopes, actor=OPERATOR
        )

    results = at_once(create, create, create, create)
    assert sum(isinstance(result, LimitReached) for result in results) == 2
    assert account.applications.count() == 2


def test_two_resets_at_once_make_one_secret() -> None:
    application, _secret = make_application(make_account("Demo"))
    current = application.secrets.get().pk

    def reset() -> object:
        return reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR, current=current)

    results = at_once(reset, reset)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert application.secrets.working().count() == 2


def test_no_token_survives_a_revocation_it_raced_with() -> None:
    """Issue in four threads while all is revoked over and over; what was answered before a revocation is dead."""
    application, secret = make_application(make_account("Demo"))
    finished: list[tuple[float, str]] = []
    revocations: list[tuple[float, float]] = []
    end = time.monotonic() + 1.5

    def issue_on() -> None:
        while time.monotonic() < end:
            value = issue(application, secret)
            finished.append((time.monotonic(), value))
        connection.close()

    def revoke_on() -> None:
        while time.monotonic() < end:
            began = time.monotonic()
            revoke_all_tokens(application=application, actor=OPERATOR)
            revocations.append((began, time.monotonic()))
            time.sleep(0.01)
        connection.close()

    with ThreadPoolExecutor(5) as pool:
        for future in [*(pool.submit(issue_on) for _number in range(4)), pool.submit(revoke_on)]:
            future.result()
    began, answered = revocations[-1]
    live = {token.key for token in AccessToken.objects.live()}
    before = [value for moment, value in finished if moment < began]
    assert len(before) > 50
    assert len(revocations) > 20
    assert not live & {token_key(value) for value in before}
    issued_after = [issue(application, secret) for _number in range(3)]
    assert all(AccessToken.objects.live().by_value(value).exists() for value in issued_after)
    assert len(live) <= len([moment for moment, _value in finished if moment >= began])
    assert answered <= end + 5


@pytest.mark.owner
def test_a_token_whose_issue_began_before_a_revocation_does_not_survive_it() -> None:
    """The revocation commits while the issuing statement waits half-way: the token it inserts is dead."""
    application, secret = make_application(make_account("Demo"))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION wait_a_moment() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.6); RETURN NEW; END $$;
            CREATE TRIGGER wait_a_moment BEFORE INSERT ON applications_accesstoken
            FOR EACH ROW EXECUTE FUNCTION wait_a_moment()
            """
        )
    try:

        def revoke_meanwhile() -> None:
            time.sleep(0.2)
            revoke_all_tokens(application=application, actor=OPERATOR)

        value, _nothing = at_once(lambda: issue(application, secret), revoke_meanwhile)
        assert AccessToken.objects.by_value(str(value)).exists()
        assert not AccessToken.objects.live().by_value(str(value)).exists()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION wait_a_moment CASCADE")


def test_many_at_once_get_tokens_of_their_own() -> None:
    application, secret = make_application(make_account("Demo"))
    values = at_once(*[lambda: issue(application, secret)] * 12)
    assert len(set(map(str, values))) == 12
    assert AccessToken.objects.live().count() == 12


def test_a_reset_beats_a_token_asked_for_with_the_old_secret() -> None:
    application, secret = make_application(make_account("Demo"))
    reset_secret(application=application, overlap=Overlap.NOW, revoke_tokens=True, actor=OPERATOR)
    with pytest.raises(InvalidClient):
        issue(application, secret)


def test_changes_at_once_make_one_chain_of_audit_rows() -> None:
    account = make_account("Demo")
    applications = [make_application(account)[0] for _number in range(4)]
    at_once(*[lambda one=one: revoke_all_tokens(application=one, actor=OPERATOR) for one in applications * 2])
    events = list(AuditEvent.objects.filter(account=account).order_by("pk"))
    assert len(events) == 1 + 4 + 8
    for before, after in pairwise(events):
        assert bytes(after.previous) == bytes(before.digest) == chained(before)


def test_figures_are_stored_while_an_operation_holds_its_locks() -> None:
    """They refer to an application, then to its account: to wait for either could be a deadlock with the operation."""
    application, _secret = make_application(make_account("Demo"))
    held, stored = threading.Event(), threading.Event()

    def operate() -> bool:
        with transaction.atomic():
            lock_application(application, OPERATOR)
            held.set()
            return stored.wait(5)

    def count() -> None:
        assert held.wait(5)
        usage.record_event(application.pk, ISSUED)
        usage.record_refusal(application.pk, Reason.ADDRESS, ip="192.0.2.1", request_id=str(uuid.uuid4()))
        usage.flush(everything=True)
        stored.set()

    in_time, _none = at_once(operate, count)
    assert in_time is True
    assert DailyUsage.objects.filter(application=application).count() == 2
    assert Refusal.objects.filter(application=application).count() == 1


@pytest.mark.parametrize(
    ("step", "names_secret"),
    [
        ('DELETE FROM "applications_applicationsecret" ', True),
        (
            'DELETE FROM "applications_application" ',
            False,
        ),  # its secrets are gone, and figures of theirs would wait
    ],
)
def test_an_application_is_deleted_while_figures_of_it_are_stored(step: str, names_secret: bool) -> None:
    """They were not there yet when the deletion took away its figures, and are when it takes away the application."""
    application, secret = make_application(make_account("Demo"))
    last_step, stored = threading.Event(), threading.Event()

    def count() -> None:
        assert last_step.wait(5)
        usage.record_event(application.pk, ISSUED)
        usage.record_refusal(application.pk, Reason.ADDRESS, ip="192.0.2.1", request_id=str(uuid.uuid4()))
        used = partial(usage.record_address_use, "application", application.pk, HERE)
        used(secret_digest=digest(secret) if names_secret else None)
        used(purpose=("sms",))
        usage.flush(everything=True)
        stored.set()

    def wait(execute: Callable[..., object], sql: str, *more: Any) -> object:
        if sql.startswith(step):
            last_step.set()
            assert stored.wait(5)
        return execute(sql, *more)

    def delete() -> None:
        with connection.execute_wrapper(wait):
            delete_application(application=application, actor=OPERATOR)

    at_once(count, delete)
    assert stored.is_set()
    assert not Application.objects.filter(pk=application.pk).exists()
    for figures in (DailyUsage, AddressUse, ScopeUse, SecretUse):
        assert not figures.objects.exists()
    assert Refusal.objects.get().application is None, "its people may still ask why"
