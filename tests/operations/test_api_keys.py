"""API keys: made and shown once, audited, revoked."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

from applications.errors import InvalidParam, NotFound
from applications.models import APIKey, AuditEvent, Scope
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.rules.credentials import digest, is_credential
from applications.rules.names import Name
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def test_a_key_is_stored_as_digest_and_hint() -> None:
    _key, value = create_api_key(account=make_account(), name=Name(" CRM "), scopes=None, actor=OPERATOR)
    assert is_credential(value)
    stored = APIKey.objects.get()
    assert (bytes(stored.digest), stored.hint, stored.name) == (digest(value), value[-4:], "CRM")
    assert stored.is_live
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert value not in repr(cursor.fetchall())


def test_scopes_are_kept_in_the_order_of_the_catalogue() -> None:
    scopes = Scope.objects.filter(name__in=["groups", "sms"]).order_by("-position")
    key, _value = create_api_key(account=make_account(), name=Name(""), scopes=scopes, actor=OPERATOR)
    assert (key.scope, key.scope_names) == ("sms groups", ["sms", "groups"])


def test_no_scope_at_all_is_refused_and_is_not_all() -> None:
    with pytest.raises(InvalidParam) as refusal:
        create_api_key(account=make_account(), name=Name(""), scopes=Scope.objects.none(), actor=OPERATOR)
    assert refusal.value.param == "scopes"
    assert not APIKey.objects.exists()


@pytest.mark.parametrize("name", ["a" * 101, "two\nlines", "nul\x00"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidParam) as refusal:
        create_api_key(account=make_account(), name=Name(name), scopes=None, actor=OPERATOR)
    assert refusal.value.param == "name"


def test_an_end_in_the_past_is_refused() -> None:
    with pytest.raises(InvalidParam) as refusal:
        create_api_key(account=make_account(), name=Name(""), scopes=None, expires_at=now(), actor=OPERATOR)
    assert refusal.value.param == "expires_at"


def test_each_change_has_its_audit_row() -> None:
    account, end = make_account(), now() + timedelta(days=1)
    key, _value = create_api_key(
        account=account, name=Name("CRM"), scopes=None, expires_at=end, actor=OPERATOR
    )
    revoke_api_key(api_key=key, actor=OPERATOR)
    created, revoked = AuditEvent.objects.filter(account=account, target=str(key)).order_by("pk")
    assert (created.action, revoked.action) == (Action.API_KEY_CREATED, Action.API_KEY_REVOKED)
    assert created.details["scopes"] == "all"


def test_a_key_is_revoked_once() -> None:
    key, _value = create_api_key(account=make_account(), name=Name(""), scopes=None, actor=OPERATOR)
    revoke_api_key(api_key=key, actor=OPERATOR)
    with pytest.raises(NotFound):
        revoke_api_key(api_key=key, actor=OPERATOR)
    assert not APIKey.objects.live().exists()
    assert not APIKey.objects.get().is_live
    assert AuditEvent.objects.filter(action=Action.API_KEY_REVOKED).count() == 1
