"""What a purge deletes, and what it leaves."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from applications.models import AccessToken
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.purge import purge_tokens
from applications.operations.tokens import revoke_all_tokens, revoke_token
from tests.factories import make_account, make_application, make_token

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("death", ["expiry", "revocation", "revocation of all", "deletion"])
def test_a_dead_token_is_deleted(death: str) -> None:
    application, _secret = make_application(make_account())
    token = make_token(application, issued_at=now() - timedelta(days=death == "expiry", seconds=1))
    if death == "revocation":
        revoke_token(token=token, actor=OPERATOR)
    elif death == "revocation of all":
        revoke_all_tokens(application=application, actor=OPERATOR)
    elif death == "deletion":
        delete_application(application=application, actor=OPERATOR)
    assert purge_tokens() == 1
    assert not AccessToken.objects.exists()


def test_a_token_that_may_work_again_is_left() -> None:
    application, _secret = make_application(make_account())
    make_token(application)
    make_token(application, lives=None)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    assert purge_tokens() == 0
    assert AccessToken.objects.count() == 2
