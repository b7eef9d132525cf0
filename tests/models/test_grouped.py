"""One statement for many requests says of each what the statement for one request says of it alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.timezone import now

from applications.models import AccessToken, Account, Application, MessageSettings
from applications.models.applications import Lifetime
from applications.models.statements.clients import ClientAndToken, TokenQuestion, find_client_and_token
from applications.models.statements.grouped import FIND_CLIENTS_AND_TOKENS, FIND_TOKENS, INSERT_TOKENS
from applications.models.statements.tokens import NewToken, find_token, insert_token
from applications.operations.actors import OPERATOR
from applications.operations.resource_servers import create_resource_server
from applications.rules.credentials import digest, hint, new_credential, token_key
from applications.rules.names import Name
from applications.rules.networks import OPEN_ALLOWLIST, Address, parse_address
from tests.factories import make_account, make_application, make_token
from tests.models.together import together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]
MOMENT = now()
HERE = parse_address("192.0.2.1")


def asked(
    client: tuple[Application, str],
    scopes: tuple[str, ...] | None = None,
    allowlist: str = OPEN_ALLOWLIST,
    address: Address = HERE,
) -> NewToken:
    """A token that the client of this secret asks for."""
    value, (application, secret) = new_credential(), client
    secret_digest = digest(secret)
    return NewToken(
        token_key(value), hint(value), application.application_id, secret_digest, scopes, allowlist, address
    )


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> tuple[Application, str]:
    return make_application(account, scopes="sms groups")


@pytest.mark.parametrize(
    ("scopes", "stored"),
    [
        (None, "sms groups"),
        (("sms",), "sms"),
        (("sms", "groups"), "sms groups"),
        (("sm",), None),
        (("SMS",), None),
        (("sms", "account"), None),
        (("%",), None),
        (("s_s",), None),
        (("{sms}",), None),
        (('"sms"',), None),
    ],
)
def test_scopes(client: tuple[Application, str], scopes: tuple[str, ...] | None, stored: str | None) -> None:
    [inserted] = together(INSERT_TOKENS, [asked(client, scopes)], MOMENT)
    alone = insert_token(asked(client, scopes), MOMENT)
    assert inserted == alone
    assert (inserted and inserted.scope) == stored
    assert {token.scope for token in AccessToken.objects.all()} == ({stored} if stored else set())


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(Lifetime.DAY, 86_400), (Lifetime.WEEK, 604_800), (Lifetime.NEVER, None)]
)
def test_what_is_stored(account: Account, lifetime: Lifetime, seconds: int | None) -> None:
    client = make_application(account, lifetime=lifetime)
    address = parse_address("2001:db8::7")
    token = asked(client, address=address)
    [inserted] = together(INSERT_TOKENS, [token], MOMENT)
    assert inserted == (client[0].pk, "sms groups", seconds)
    row = AccessToken.objects.get()
    assert (row.key, row.hint, row.issued_at, row.issued_ip) == (token.key, token.hint, MOMENT, str(address))
    assert row.expires_at == (MOMENT + timedelta(seconds=seconds) if seconds else None)
    assert row.generation == client[0].generation


def test_the_good_get_theirs_beside_the_bad(account: Account, client: tuple[Application, str]) -> None:
    other, off = make_application(account, scopes="account"), make_application(account)
    off[0].is_enabled = False
    off[0].save()
    fenced = make_application(account)
    Application.objects.filter(pk=fenced[0].pk).update(allowlist="|198.51.100.0/24")
    tokens = [
        asked(client),
        asked((client[0], other[1])),  # another's secret
        asked(off),
        asked(fenced),
        asked(other, ("account",)),
        asked(fenced, allowlist="|198.51.100.0/24"),
        asked((Application(application_id="f" * 40), client[1])),
        asked(client, ("groups",)),
    ]
    answers = together(INSERT_TOKENS, tokens, MOMENT)
    assert [answer and answer.scope for answer in answers] == [
        "sms groups", None, None, None, "account", "sms groups", None, "groups",
    ]  # fmt: skip
    stored = {row.key: row.application_id for row in AccessToken.objects.all()}
    good = [(token, answer) for token, answer in zip(tokens, answers, strict=True) if answer]
    assert stored == {token.key: answer.application_pk for token, answer in good}


def test_tokens_are_found_by_their_keys_the_same_twice(account: Account) -> None:
    values = [new_credential() for _number in range(3)]
    for value in values[:2]:
        make_token(make_application(account)[0], value)
    keys = [token_key(value) for value in [values[1], values[2], values[0], values[1]]]
    assert together(FIND_TOKENS, keys, MOMENT) == [find_token(key, MOMENT) for key in keys]
    assert together(FIND_TOKENS, [uuid4()], MOMENT) == [None]


def test_of_two_that_ask_about_one_token_only_who_proves_itself_learns(account: Account) -> None:
    client, stranger = make_application(account), make_application(make_account("B", "bea@b.example"))
    server, server_secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    value = new_credential()
    make_token(client[0], value)
    MessageSettings.objects.create(application=client[0], sms_sender="Shop")
    key, wrong = token_key(value), digest(new_credential())
    client_id, secret = client[0].application_id, digest(client[1])
    questions = [
        TokenQuestion(client_id, wrong, OPEN_ALLOWLIST, key),
        TokenQuestion(client_id, secret, OPEN_ALLOWLIST, key),
        TokenQuestion(client_id, secret, "|198.51.100.0/24", key),
        TokenQuestion(stranger[0].application_id, digest(stranger[1]), OPEN_ALLOWLIST, key),
        TokenQuestion(server.server_id, digest(server_secret), OPEN_ALLOWLIST, key),
        TokenQuestion(server.server_id, wrong, OPEN_ALLOWLIST, key),
        TokenQuestion(client_id, secret, OPEN_ALLOWLIST, uuid4()),
    ]
    answers = together(FIND_CLIENTS_AND_TOKENS, questions, MOMENT)
    assert [answer and (answer.found is not None) for answer in answers] == [
        None, True, None, False, True, None, False,
    ]  # fmt: skip
    assert list(map(comparable, answers)) == [
        comparable(find_client_and_token(question, MOMENT)) for question in questions
    ]


def comparable(answer: ClientAndToken | None) -> object:
    """Two rows of one model with the same key are equal whatever their columns: compare what they say."""
    if answer is None:
        return None
    settings = answer.settings and answer.settings.documented()
    return settings, answer.settings and answer.settings.sms_sender, replace(answer, settings=None)
