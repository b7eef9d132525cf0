"""The frequent statements outlive what the driver and the server do to prepared statements."""

import uuid

import pytest
from django.db import connection, transaction
from django.utils.timezone import now

from applications.models.statements.tokens import find_token
from applications.rules.credentials import new_credential, token_key
from tests.factories import make_account, make_application, make_token

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_statements_that_the_driver_deallocated_are_prepared_again() -> None:
    application, _secret = make_application(make_account("Demo"))
    value = new_credential()
    token = make_token(application, value)
    for statement in ("SELECT 1", "DEALLOCATE ALL", "DISCARD PLANS"):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        found = find_token(token_key(value), now())
        assert found is not None
        assert found.pk == token.pk


def test_they_go_on_after_a_rollback() -> None:
    application, _secret = make_application(make_account("Demo"))
    value = new_credential()
    make_token(application, value)
    assert find_token(token_key(value), now()) is not None
    with transaction.atomic():
        application.save()
        transaction.set_rollback(True)
    assert find_token(token_key(value), now()) is not None


def test_inside_a_transaction_they_see_what_it_wrote() -> None:
    application, _secret = make_application(make_account("Demo"))
    with transaction.atomic():
        value = new_credential()
        make_token(application, value)
        assert find_token(token_key(value), now()) is not None
        assert find_token(uuid.uuid4(), now()) is None
