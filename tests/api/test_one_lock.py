"""A change of several things is one write: few queries, and each row is locked once."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Account, Application, AuditEvent
from tests.api.conftest import Program
from tests.factories import make_application

MAX_QUERIES = (
    12  # the whole request: who calls and that it was used, reading, beginning, the change, committing
)
BODY = {"name": "Shop", "enabled": False, "settings": {"sms": {"enforceOriginator": "Shop"}}}


@pytest.fixture
def target(account: Account) -> Application:
    return make_application(account, scopes="sms")[0]


def locks(queries: CaptureQueriesContext) -> Counter[str]:
    """How often rows of each table are locked."""
    locking = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    return Counter(sql.partition(" FROM ")[2].split()[0].strip('"') for sql in locking)


def test_a_change_of_several_things(program: Program, target: Application) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = program.patch(f"/applications/{target.application_id}", BODY)
    assert (answer.status_code, answer.json()["name"], answer.json()["enabled"]) == (200, "Shop", False)
    assert answer.json()["settings"]["sms"]["enforceOriginator"] == "Shop"
    assert len(queries) <= MAX_QUERIES
    if connection.vendor == "postgresql":  # SQLite has one writer at a time, and no such locks
        assert locks(queries) == {"applications_account": 1, "applications_application": 1}
    actions = AuditEvent.objects.filter(application_id=target.application_id).values_list("action", flat=True)
    assert list(actions)[:3] == ["messages:change", "application:disable", "application:change"]
