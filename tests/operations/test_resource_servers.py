"""What the operator does to no account: resource servers and the catalogue of scopes, in a chain of its own."""

from itertools import pairwise

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import AuditEvent, ResourceServer, Scope
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.audit import chained
from applications.operations.resource_servers import (
    create_resource_server,
    remove_resource_server,
    reset_resource_server,
)
from applications.operations.scopes import add_scope, retire_scope
from applications.rules.credentials import digest, is_credential
from applications.rules.names import Name
from tests.factories import make_account, make_application

pytestmark = pytest.mark.django_db


def test_a_secret_is_stored_as_digest_and_hint() -> None:
    server, secret = create_resource_server(name=Name(" SMS API "), actor=OPERATOR)
    assert is_credential(server.server_id)
    assert is_credential(secret)
    stored = ResourceServer.objects.get()
    assert (bytes(stored.digest), stored.hint, stored.name) == (digest(secret), secret[-4:], "SMS API")
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert secret not in repr(cursor.fetchall())


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "two\nlines", "SMS API"])
def test_what_is_no_name_of_a_new_one(name: str) -> None:
    create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    with pytest.raises(InvalidParam):
        create_resource_server(name=Name(name), actor=OPERATOR)
    assert ResourceServer.objects.count() == 1


def test_the_double_click_makes_one_new_secret() -> None:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    newer = reset_resource_server(server=server, current=secret[-4:], actor=OPERATOR)
    with pytest.raises(Conflict):
        reset_resource_server(server=server, current=secret[-4:], actor=OPERATOR)
    assert bytes(ResourceServer.objects.get().digest) == digest(newer)


def test_what_was_removed_is_gone() -> None:
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    remove_resource_server(server=server, actor=OPERATOR)
    for operation in (reset_resource_server, remove_resource_server):
        with pytest.raises(NotFound):
            operation(server=server, actor=OPERATOR)


def test_a_scope_name_is_used_once() -> None:
    add_scope(scope=Scope(name="voice", description="Call", group="messages"), actor=OPERATOR)
    retire_scope(scope=Scope.objects.get(name="voice"), actor=OPERATOR)
    with pytest.raises(InvalidParam):
        add_scope(scope=Scope(name="voice", description="Call", group="messages"), actor=OPERATOR)


def test_each_change_has_its_row_in_the_operators_chain() -> None:
    make_application(make_account(), scopes="sms")  # has a chain of its own beside it
    server, _secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    reset_resource_server(server=server, actor=OPERATOR)
    add_scope(scope=Scope(name="voice", description="Call", group="messages"), actor=OPERATOR)
    retire_scope(scope=Scope.objects.get(name="sms"), actor=OPERATOR)
    remove_resource_server(server=server, actor=OPERATOR)
    events = list(AuditEvent.objects.filter(account=None).order_by("pk"))
    assert [event.action for event in events] == [
        Action.RESOURCE_SERVER_CREATED,
        Action.RESOURCE_SERVER_RESET,
        Action.SCOPE_ADDED,
        Action.SCOPE_RETIRED,
        Action.RESOURCE_SERVER_REMOVED,
    ]
    for before, after in pairwise(events):
        assert bytes(after.previous) == bytes(before.digest) == chained(before)


def test_the_operators_rows_stay_as_written_and_the_chain_does_not_fork() -> None:
    create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    row = AuditEvent.objects.get(account=None)
    for change in (lambda: AuditEvent.objects.update(target="x"), lambda: AuditEvent.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
