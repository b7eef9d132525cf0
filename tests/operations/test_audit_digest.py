"""The audit log's digest covers every fact of a row."""

from datetime import timedelta
from typing import Any

import pytest

from applications.models import AuditEvent
from applications.operations.audit import chained
from tests.factories import make_account

OTHERWISE: dict[str, Any] = {
    "account_id": 7,
    "action": "token:revoke",
    "actor_kind": "user",
    "actor": "Somebody else",
    "application_id": "0" * 40,
    "target": "Something else",
    "details": {"other": "details"},
    "ip": "192.0.2.99",
    "request_id": "another",
    "previous": bytes(range(32)),
}


@pytest.mark.parametrize("fact", [*OTHERWISE, "created_at"])
def test_another_fact_is_another_digest(fact: str, db: None) -> None:
    make_account()
    event = AuditEvent.objects.get()
    assert chained(event) == bytes(event.digest)
    setattr(event, fact, OTHERWISE.get(fact, event.created_at + timedelta(milliseconds=1)))
    assert chained(event) != bytes(event.digest)


def test_no_column_is_left_out() -> None:
    columns = {field.attname for field in AuditEvent._meta.concrete_fields}
    assert columns - {"id", "digest", "created_at"} == set(OTHERWISE)
