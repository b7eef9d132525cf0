"""Requests that wait together share a statement and a commit; whatever goes wrong, each of them gets an answer."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection

from applications.models import AccessToken, Application
from applications.models.statements.grouped import (
    FIND_CLIENTS_AND_TOKENS,
    FIND_TOKENS,
    INSERT_TOKENS,
    Grouped,
)
from applications.operations.tokens import new_token
from applications.rules.credentials import new_credential, token_key
from applications.rules.networks import parse_address
from applications.waits.circuit import Circuit
from applications.waits.deadlines import Stalled
from config import grouping
from config.grouping import Grouping, Reply
from tests.factories import make_account, make_application, make_token

# The owner's, because one of its fixtures makes a trigger.
pytestmark = [pytest.mark.postgres, pytest.mark.owner, pytest.mark.django_db(transaction=True)]
HERE = parse_address("192.0.2.1")

type Client = tuple[Application, str]


@pytest.fixture
def client() -> Client:
    return make_application(make_account())


@pytest.fixture
def slow() -> Iterator[None]:
    """Each statement that stores tokens takes 0.3 s."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION wait_a_moment() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
            CREATE TRIGGER wait_a_moment AFTER INSERT ON applications_accesstoken
            FOR EACH STATEMENT EXECUTE FUNCTION wait_a_moment()
            """
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION wait_a_moment CASCADE")


def run(work: Callable[[Grouping], Awaitable[Any]], *, connected: bool = True) -> Any:
    """Do `work` on an event loop, with a grouping that has its connection."""

    async def main() -> Any:
        with ThreadPoolExecutor(1) as beside:
            made = Grouping([INSERT_TOKENS, FIND_TOKENS, FIND_CLIENTS_AND_TOKENS], beside)
            try:
                if connected:
                    await connect(made)
                return await asyncio.wait_for(work(made), 20)
            finally:
                made._lose("the test is over")

    return asyncio.run(main())


async def connect(made: Grouping) -> None:
    end = time.monotonic() + 10
    while made.connection is None:
        assert await ask(made, FIND_TOKENS, token_key(new_credential())) is None
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def ask(made: Grouping, kind: Grouped[Any, Any], question: Any) -> asyncio.Future[Reply]:
    """Ask, and return what will have the answer."""
    waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def then(reply: Reply | Stalled) -> None:
        if isinstance(reply, Stalled):
            waiting.set_exception(reply)
        else:
            waiting.set_result(reply)

    made.ask(kind, question, then)
    return waiting


def issue(made: Grouping, client: Client) -> asyncio.Future[Reply]:
    application, secret = client
    _value, token = new_token(client_id=application.application_id, secret=secret, scopes=None, address=HERE)
    return ask(made, INSERT_TOKENS, token)


def commits() -> int:
    """How many transactions the stored tokens are of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM applications_accesstoken")
        number: int = cursor.fetchone()[0]
    return number


def test_those_that_wait_together_share_a_commit(client: Client, slow: None) -> None:
    async def work(made: Grouping) -> list[Reply]:
        first = issue(made, client)
        await asyncio.sleep(0.1)  # the first one's statement runs
        others = [issue(made, client) for _number in range(40)]
        started = time.monotonic()
        replies = [await first, *await asyncio.gather(*others)]
        assert time.monotonic() - started < 0.9  # one commit in flight and their own
        return replies

    replies = run(work)
    assert all(reply is not None for reply in replies)
    assert AccessToken.objects.count() == 41
    assert commits() == 2


def test_a_check_waits_for_one_commit_and_not_for_those_that_came_after_it(
    client: Client, slow: None
) -> None:
    value = new_credential()
    make_token(client[0], value)

    async def work(made: Grouping) -> float:
        issue(made, client)
        await asyncio.sleep(0.1)
        check = ask(made, FIND_TOKENS, token_key(value))
        more = [issue(made, client) for _number in range(3)]
        started = time.monotonic()
        assert await check is not None
        taken = time.monotonic() - started
        await asyncio.gather(*more)
        return taken

    assert run(work) < 0.45


def test_more_than_a_statement_takes_are_asked_in_two(
    client: Client, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST", 5)

    async def work(made: Grouping) -> list[Reply]:
        return await asyncio.gather(*[issue(made, client) for _number in range(8)])

    assert None not in run(work)
    assert (AccessToken.objects.count(), commits()) == (8, 2)


def test_a_statement_that_fails_answers_nobody_and_the_next_one_works(client: Client) -> None:
    value = new_credential()
    make_token(client[0], value)

    async def fail(made: Grouping) -> tuple[list[Reply], Reply]:
        _value, token = new_token(
            client_id=client[0].application_id, secret=client[1], scopes=None, address=HERE
        )
        long = token._replace(hint="more than four")
        failed = [*await asyncio.gather(ask(made, INSERT_TOKENS, long), issue(made, client))]
        return failed, await ask(made, FIND_TOKENS, token_key(value))

    failed, found = run(fail)
    assert failed == [None, None]
    assert found is not None
    assert AccessToken.objects.count() == 1


def test_what_cannot_be_sent_leaves_nobody_waiting(client: Client) -> None:
    async def work(made: Grouping) -> list[Reply]:
        _value, token = new_token(client_id="no text: \ud800", secret=client[1], scopes=None, address=HERE)
        broken = ask(made, INSERT_TOKENS, token)
        replies = [await broken, await issue(made, client)]
        await asyncio.sleep(grouping.SECONDS_BETWEEN_TRIES)
        await connect(made)
        return [*replies, await issue(made, client)]

    assert [reply is None for reply in run(work)] == [True, True, False]


def test_a_lost_connection_answers_nobody_and_another_is_made(client: Client, slow: None) -> None:
    async def work(made: Grouping) -> list[Reply]:
        waiting = [issue(made, client) for _number in range(2)]
        await asyncio.sleep(0.1)
        waiting.append(issue(made, client))
        await asyncio.to_thread(end_other_connections)
        replies = await asyncio.gather(*waiting)
        await asyncio.sleep(grouping.SECONDS_BETWEEN_TRIES)
        await connect(made)
        return [*replies, await issue(made, client)]

    assert [reply is None for reply in run(work)] == [True, True, True, False]
    assert AccessToken.objects.count() == 1


def end_other_connections() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE '%unnest%' AND pid <> pg_backend_pid()"
            )
    finally:
        connection.close()


def test_a_store_that_does_not_answer_is_given_up(
    client: Client, slow: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "statement_seconds", lambda: 0.1)
    monkeypatch.setattr(grouping, "GRACE_SECONDS", 0.0)
    circuit = Circuit()
    monkeypatch.setattr(grouping, "database", circuit)

    async def work(made: Grouping) -> tuple[Reply, bool, bool]:
        return await issue(made, client), made.connection is None, circuit.is_open

    assert run(work) == (None, True, True)


def hold(made: Grouping) -> psycopg.Connection[Any]:
    """Lock the table of tokens, for which nobody waits longer than 0.3 s."""
    assert made.connection is not None
    made.connection.pgconn.exec_(b"SET lock_timeout = '300ms'")
    other = psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor})
    other.execute("LOCK TABLE applications_accesstoken IN ACCESS EXCLUSIVE MODE")
    return other


def test_who_comes_while_a_statement_waits_for_a_lock_is_not_made_to_wait(client: Client) -> None:
    async def work(made: Grouping) -> list[bool]:
        with hold(made):
            with pytest.raises(Stalled):
                await issue(made, client)  # after the limit of a lock
            told = [issue(made, client).done()]
        made.stalled[INSERT_TOKENS].next_probe = 0.0
        return [*told, await issue(made, client) is not None, not made.stalled[INSERT_TOKENS].is_open]

    assert run(work) == [True, True, True]


def test_nobody_waits_for_a_lock_twice(client: Client) -> None:
    """Who came while the first statement waited would be the second, and wait as long again; then in a thread."""

    async def work(made: Grouping) -> tuple[list[Any], float]:
        with hold(made):
            first = issue(made, client)
            await asyncio.sleep(0.2)
            second, began = issue(made, client), time.monotonic()
            told = await asyncio.gather(first, second, return_exceptions=True)
            return [*told], time.monotonic() - began

    told, seconds = run(work)
    assert [type(each) for each in told] == [Stalled, Stalled]
    assert seconds < 0.25


def test_an_old_connection_is_replaced(client: Client, settings: Any) -> None:
    async def work(made: Grouping) -> list[bool]:
        made.opened -= settings.DATABASES["default"]["CONN_MAX_AGE"] + 1
        old = await issue(made, client)
        await asyncio.sleep(grouping.SECONDS_BETWEEN_TRIES)
        await connect(made)
        return [old is None, await issue(made, client) is None]

    assert run(work) == [True, False]


def test_without_a_store_nobody_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def refused(_self: Grouping) -> None:
        tries.append(time.monotonic())
        raise OSError("no store")

    monkeypatch.setattr(Grouping, "_open", refused)

    async def work(made: Grouping) -> list[Reply]:
        replies = []
        for _number in range(20):
            replies.append(await issue(made, client))
            await asyncio.sleep(0.01)
        return replies

    assert run(work, connected=False) == [None] * 20
    assert len(tries) == 1  # the next one a second later


KEPT = [
    (FIND_TOKENS, "now(), ARRAY[gen_random_uuid()]"),
    (
        FIND_CLIENTS_AND_TOKENS,
        r"now(), ARRAY['a'], ARRAY['\x00'::bytea], ARRAY['|'], ARRAY[gen_random_uuid()]",
    ),
]


@pytest.mark.parametrize(("kind", "values"), KEPT)
@pytest.mark.parametrize("tokens", [60, 400])
def test_the_plan_that_is_kept_looks_tokens_up(tokens: int, kind: Grouped[Any, Any], values: str) -> None:
    """It is made while tokens are few, when to read them all would be cheaper for the moment."""
    application, _secret = make_application(make_account())
    for _number in range(tokens):
        make_token(application)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE applications_accesstoken, applications_application, applications_account")
    with ThreadPoolExecutor(1) as beside:
        made = Grouping([kind], beside)
        opened = made._open()
        with opened:
            rows = opened.execute(f"EXPLAIN EXECUTE grouped_0({values})").fetchall()
    plan = "\n".join(row[0] for row in rows)
    by_key = (
        r"Scan (using \S+ )?on applications_accesstoken token .*\n *(Index|Recheck) Cond: \(key = asked.key\)"
    )
    assert len(re.findall(by_key, plan)) == plan.count("on applications_accesstoken token") == 1, plan
    assert not re.search("Seq Scan|Materialize|Hash|Merge", plan), plan
