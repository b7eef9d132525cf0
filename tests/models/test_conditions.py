"""When a credential is accepted: SQL, the querysets and the search for the reason agree in every state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.utils.timezone import now

from applications.models import AccessToken, APIKey, Application, ApplicationSecret
from applications.models.statements import clients
from applications.models.statements.api_keys import find_api_key
from applications.models.statements.grouped import FIND_CLIENTS_AND_TOKENS, FIND_TOKENS, INSERT_TOKENS
from applications.models.statements.message_settings import find_token_and_sms_settings
from applications.models.statements.purging import dead_tokens
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.clients import InvalidClient, diagnose
from applications.operations.refused_requests import Holders, RefusedRequest, Sent
from applications.operations.tokens import end_generation
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.names import Name
from applications.rules.networks import OPEN_ALLOWLIST, parse_address
from tests.factories import make_account, make_application, make_token
from tests.models.together import together

ROOT = Path(__file__).resolve().parents[2]
MOMENT = now()
BEFORE, AFTER = MOMENT - timedelta(microseconds=1), MOMENT + timedelta(microseconds=1)
ADDRESS = parse_address("192.0.2.1")
type Change = Callable[[], object]


def set_token(**columns: object) -> Change:
    return lambda: AccessToken.objects.update(**columns)


def disable() -> None:
    Application.objects.update(is_enabled=False)


def revoke_all() -> None:
    end_generation(Application.objects.get())


def issue_after_revoking() -> None:
    revoke_all()
    AccessToken.objects.update(generation=Application.objects.get().live_generation)


TOKEN_STATES = [
    ("as issued", set_token(), True),
    ("without an end", set_token(expires_at=None), True),
    ("ends in a moment", set_token(expires_at=AFTER), True),
    ("ends now", set_token(expires_at=MOMENT), False),
    ("has ended", set_token(expires_at=BEFORE), False),
    ("revoked", set_token(revoked_at=BEFORE), False),
    ("its application is disabled", disable, False),
    ("all were revoked", revoke_all, False),
    ("of the newest generation", issue_after_revoking, True),
]


@pytest.mark.parametrize(
    ("change", "lives"), [state[1:] for state in TOKEN_STATES], ids=[s[0] for s in TOKEN_STATES]
)
def test_a_token(change: Change, lives: bool, db: None) -> None:
    application, secret = make_application(make_account())
    value = new_credential()
    make_token(application, value, issued_at=MOMENT - timedelta(days=2))
    AccessToken.objects.update(expires_at=MOMENT + timedelta(days=1))
    change()
    key = token_key(value)
    assert AccessToken.objects.live(MOMENT).by_value(value).exists() == lives
    assert (find_token(key, MOMENT) is not None) == lives
    assert (find_token_and_sms_settings(key, MOMENT) is not None) == lives
    assert works_for_the_search(value) == lives
    if settings.POSTGRESQL:
        assert together(FIND_TOKENS, [key], MOMENT) == [find_token(key, MOMENT)]
    if Application.objects.get().is_enabled:
        question = clients.TokenQuestion(application.application_id, digest(secret), OPEN_ALLOWLIST, key)
        result = clients.find_client_and_token(question, MOMENT)
        assert result is not None
        assert (result.found is not None) == lives


@pytest.mark.parametrize("change", [state[1] for state in TOKEN_STATES], ids=[s[0] for s in TOKEN_STATES])
def test_what_is_purged_is_what_is_not_valid(change: Change, db: None) -> None:
    application, _secret = make_application(make_account())
    make_token(application, new_credential(), issued_at=MOMENT - timedelta(days=2))
    AccessToken.objects.update(expires_at=MOMENT + timedelta(days=1))
    change()
    assert bool(dead_tokens(MOMENT, most=9)) != AccessToken.objects.valid(MOMENT).exists()


@pytest.mark.parametrize(
    ("ends", "enabled", "allowlist", "good"),
    [
        ({}, True, OPEN_ALLOWLIST, True),
        ({"expires_at": AFTER}, True, OPEN_ALLOWLIST, True),
        ({"expires_at": MOMENT}, True, OPEN_ALLOWLIST, False),
        ({"expires_at": BEFORE}, True, OPEN_ALLOWLIST, False),
        ({"expires_at": AFTER, "stopped_at": AFTER}, True, OPEN_ALLOWLIST, False),
        ({}, False, OPEN_ALLOWLIST, False),
        ({}, True, "|198.51.100.0/24", False),
    ],
)
def test_a_secret(ends: dict[str, datetime], enabled: bool, allowlist: str, good: bool, db: None) -> None:
    application, secret = make_application(make_account())
    ApplicationSecret.objects.update(created_at=MOMENT - timedelta(days=2), **ends)
    Application.objects.update(is_enabled=enabled, allowlist=allowlist)
    client_id, secret_digest, value = application.application_id, digest(secret), new_credential()
    inserted = insert_token(
        NewToken(token_key(value), hint(value), client_id, secret_digest, None, OPEN_ALLOWLIST, ADDRESS),
        MOMENT,
    )
    result = clients.find_client_and_token(
        clients.TokenQuestion(client_id, secret_digest, OPEN_ALLOWLIST, token_key(value)), MOMENT
    )
    assert (inserted is not None, result is not None) == (good, good)
    if settings.POSTGRESQL:
        question = clients.TokenQuestion(client_id, secret_digest, OPEN_ALLOWLIST, token_key(value))
        assert together(FIND_CLIENTS_AND_TOKENS, [question], MOMENT) == [result]
        again = NewToken(uuid4(), "", client_id, secret_digest, None, OPEN_ALLOWLIST, ADDRESS)
        assert together(INSERT_TOKENS, [again], MOMENT) == [inserted]
    assert (_reason(client_id, secret_digest) is None) == good
    works = ApplicationSecret.objects.working(MOMENT).filter(application__is_enabled=True).exists()
    assert (works and allowlist == OPEN_ALLOWLIST) == good


def _reason(client_id: str, secret_digest: bytes) -> InvalidClient | None:
    try:
        diagnose(client_id, secret_digest, ADDRESS, MOMENT, "")
    except InvalidClient as error:
        return error
    return None


@pytest.mark.parametrize(
    ("columns", "lives"),
    [
        ({}, True),
        ({"expires_at": AFTER}, True),
        ({"expires_at": MOMENT}, False),
        ({"expires_at": BEFORE}, False),
        ({"revoked_at": BEFORE}, False),
    ],
)
def test_an_api_key(columns: dict[str, datetime], lives: bool, db: None) -> None:
    _key, value = create_api_key(account=make_account(), name=Name("Cron"), scopes=None, actor=OPERATOR)
    APIKey.objects.update(created_at=MOMENT - timedelta(days=2), **columns)
    assert APIKey.objects.live(MOMENT).exists() == lives
    with time_machine.travel(MOMENT, tick=False):
        assert APIKey.objects.get().is_live == lives
    assert (find_api_key(digest(value), MOMENT) is not None) == lives
    assert works_for_the_search(value) == lives


def works_for_the_search(value: str) -> bool:
    """Whether the search for the reason of a refused request finds no end of this token or API key."""
    sent = Sent("X-API-KEY", digest=digest(value))
    request = RefusedRequest("", None, MOMENT, "GET", "/", 401, "invalid_credentials", sent=(sent,))
    holder = Holders.find([request], MOMENT).of(sent)
    return holder is not None and holder.ended is None


@pytest.mark.parametrize(
    "condition",
    ["expires_at > {moment}", "revoked_at IS NULL", "secret.digest = {digest}", "Q(expires_at__gt=moment"],
)
def test_each_condition_is_written_once(condition: str) -> None:
    folder = ROOT / "applications"
    sources = [path for path in folder.rglob("*.py") if "migrations" not in path.parts]
    holders = [path.relative_to(folder) for path in sources if condition in path.read_text()]
    home = "models/expiry.py" if condition.startswith("Q(") else "models/statements/conditions.py"
    assert holders == [Path(home)]
