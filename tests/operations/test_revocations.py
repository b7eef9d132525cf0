"""Everything issued before a moment ends, and nothing that was issued since: in a statement for each kind."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.errors import InvalidParam
from applications.models import (
    AccessToken,
    APIKey,
    Application,
    ApplicationSecret,
    AuditEvent,
    ResourceServer,
)
from applications.models.audit import Action
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.audit_checks import check_chains
from applications.operations.resource_servers import create_resource_server, reset_resource_server
from applications.operations.revocations import Revoked, revoke_before
from applications.operations.secrets import reset_secret
from applications.rules.names import Name
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import FORM, GRANT, basic

DAY = timedelta(days=1)


def aged(days: int = 2) -> None:
    """Let all that is there have been made so many days ago."""
    earlier = now() - days * DAY
    AccessToken.objects.update(issued_at=earlier)
    ApplicationSecret.objects.update(created_at=earlier)
    APIKey.objects.update(created_at=earlier)
    ResourceServer.objects.update(created_at=earlier)


@pytest.fixture
def old(db: None) -> Application:
    """An application with a token, an API key beside it and a resource server, all two days old."""
    application = make_application(make_account())[0]
    make_token(application)
    create_api_key(account=application.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    create_resource_server(name=Name("API"), actor=OPERATOR)
    aged()
    return application


def test_old_tokens_end_and_new_ones_do_not(old: Application) -> None:
    new = make_token(old)
    revoked = revoke_before(moment=now() - DAY, secrets=False, keys=False, actor=OPERATOR)
    assert revoked == Revoked(tokens=1, secrets=0, keys=0)
    assert list(AccessToken.objects.live()) == [new]
    assert APIKey.objects.live().exists()
    assert old.secrets.get().is_known


def test_secrets_and_keys_end_when_asked_for(old: Application, client: Client) -> None:
    young, secret = make_application(old.account, name="Young")
    server = create_resource_server(name=Name("New API"), actor=OPERATOR)[0]
    create_api_key(account=old.account, name=Name("New"), scopes=None, actor=OPERATOR)
    revoked = revoke_before(moment=now() - DAY, secrets=True, keys=True, actor=OPERATOR)
    assert revoked == Revoked(tokens=1, secrets=2, keys=1)
    assert [key.name for key in APIKey.objects.live()] == ["New"]
    assert [each.is_known for each in old.secrets.all()] == [False]
    assert young.secrets.get().is_known
    assert list(ResourceServer.objects.exclude(hint="")) == [server]
    answer = client.post(
        "/oauth/token", GRANT, content_type=FORM, HTTP_AUTHORIZATION=basic(young.application_id, secret)
    )
    assert answer.status_code == 200


def test_an_old_secret_is_refused_until_a_reset_and_the_reset_works(db: None, client: Client) -> None:
    application, secret = make_application(make_account())
    aged()
    revoke_before(moment=now(), secrets=True, keys=False, actor=OPERATOR)

    def status(value: str) -> int:
        header = basic(application.application_id, value)
        return client.post("/oauth/token", GRANT, content_type=FORM, HTTP_AUTHORIZATION=header).status_code

    assert status(secret) == 401
    assert status(reset_secret(application=application, overlap=Overlap.WEEK, actor=OPERATOR)) == 200
    assert status(secret) == 401
    again = revoke_before(moment=now() - DAY, secrets=True, keys=True, actor=OPERATOR)
    assert again == Revoked(tokens=0, secrets=0, keys=0)


def test_an_overlap_ends_and_a_resource_server_counts_from_its_last_reset(old: Application) -> None:
    reset_secret(application=old, overlap=Overlap.WEEK, actor=OPERATOR)
    reset_resource_server(server=ResourceServer.objects.get(), actor=OPERATOR)
    assert revoke_before(moment=now() - DAY, secrets=True, keys=False, actor=OPERATOR).secrets == 1
    assert [each.is_known for each in old.secrets.working()] == [True]
    assert ResourceServer.objects.exclude(hint="").exists()


def test_it_is_as_many_statements_for_many_as_for_one(old: Application) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            revoke_before(moment=now() - DAY, secrets=True, keys=True, actor=OPERATOR)
        return len(queries)

    few = statements()
    for _number in range(5):
        make_token(make_application(old.account)[0])
    aged()
    assert statements() == few


def test_it_is_in_the_operators_audit_log(old: Application) -> None:
    moment = now() - DAY
    revoke_before(moment=moment, secrets=True, keys=True, actor=OPERATOR)
    row = AuditEvent.objects.get(action=Action.REVOKED_BEFORE)
    assert (row.account, row.details["tokens"], row.details["keys"]) == (None, 1, 1)
    assert check_chains(None).breaks == []


def test_a_moment_ahead_or_without_a_zone_is_refused(old: Application) -> None:
    for moment in (now() + DAY, now().replace(tzinfo=None)):
        with pytest.raises(InvalidParam):
            revoke_before(moment=moment, secrets=True, keys=True, actor=OPERATOR)
    assert AccessToken.objects.live().exists()
