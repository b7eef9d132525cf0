"""A credential ends at its moment, not after it; and a token is found by 128 bits of its digest."""

import hashlib
from datetime import UTC, datetime, timedelta

from applications.models import ApplicationSecret
from applications.models.statements.api_keys import find_api_key
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.names import Name
from applications.rules.networks import OPEN_ALLOWLIST, parse_address
from tests.factories import make_account, make_application, make_token

END = datetime.now(UTC) + timedelta(days=1)
JUST_BEFORE = END - timedelta(microseconds=1)
ADDRESS = parse_address("192.0.2.1")


def test_a_token(db: None) -> None:
    value = new_credential()
    application, _secret = make_application(make_account())
    make_token(application, value, issued_at=END - timedelta(days=1))
    assert find_token(token_key(value), JUST_BEFORE)
    assert find_token(token_key(value), END) is None


def test_an_api_key(db: None) -> None:
    account = make_account()
    key, value = create_api_key(account=account, name=Name("Cron"), scopes=None, actor=OPERATOR)
    type(key).objects.update(expires_at=END)
    assert find_api_key(digest(value), JUST_BEFORE)
    assert find_api_key(digest(value), END) is None


def test_an_old_secret(db: None) -> None:
    application, secret = make_application(make_account())
    ApplicationSecret.objects.update(expires_at=END)

    def issued(moment: datetime) -> bool:
        value = new_credential()
        client = application.application_id, digest(secret)
        asked = NewToken(token_key(value), hint(value), *client, None, OPEN_ALLOWLIST, ADDRESS)
        return insert_token(asked, moment) is not None

    assert (issued(JUST_BEFORE), issued(END)) == (True, False)


def test_a_token_is_kept_as_half_of_its_digest() -> None:
    value = "0123456789" * 4
    assert token_key(value).bytes == hashlib.sha256(value.encode()).digest()[:16]
