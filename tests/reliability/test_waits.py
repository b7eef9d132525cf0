"""Every wait ends: a locked table, a frozen PostgreSQL, a frozen Redis (security.md 23, decision 0037).

The limits are those of the server, shortened so that the tests are; the server still has its four threads.
"""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import psycopg
import pytest
import requests

from tests.postgres import Postgres, server
from tests.servers import Served, free_port, stop

pytestmark = pytest.mark.postgres

STATEMENT, LOCK, CONNECT = 1.0, 0.5, 2.0  # seconds; psycopg takes no less than 2 for connecting
WITHIN = 5.0  # what is promised, with the limits of the server as they are set by default
AT_ONCE = 0.8  # on a busy machine
LOCKED = "LOCK TABLE applications_accesstoken IN ACCESS EXCLUSIVE MODE"


@dataclass(frozen=True)
class Product:
    """A served product, the database behind it, and a client program of it."""

    served: Served
    store: Postgres
    application_id: str
    secret: str
    style_sheet: str

    def token(self) -> requests.Response:
        form = {"grant_type": "client_credentials"}
        return self._post("/oauth/token", form, auth=(self.application_id, self.secret))

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.served.url + path, headers=headers, timeout=20)

    def use(self, token: str) -> requests.Response:
        return self.get("/account", Authorization=f"Bearer {token}")

    def _post(self, path: str, form: dict[str, str], auth: tuple[str, str]) -> requests.Response:
        return requests.post(self.served.url + path, form, auth=auth, timeout=20)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs a redis-server or valkey-server")
    port = free_port()
    log = (tmp_path_factory.mktemp("redis") / "log").open("wb")
    process = subprocess.Popen([binary, "--port", str(port), "--save", ""], stdout=log)
    process.port = port  # type: ignore[attr-defined]
    yield process
    process.send_signal(signal.SIGCONT)
    stop(process)
    log.close()


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, redis: subprocess.Popen[bytes]) -> Iterator[Product]:
    patch = pytest.MonkeyPatch()
    with server(migrated=True) as store:
        patch.setenv("DATABASE_URL", store.url)
        served = Served(
            tmp_path_factory.mktemp("waits"),
            workers=1,
            CACHE_URL=f"redis://127.0.0.1:{redis.port}/0",  # type: ignore[attr-defined]
            DATABASE_STATEMENT_TIMEOUT=str(STATEMENT),
            DATABASE_LOCK_TIMEOUT=str(LOCK),
        )
        served.manage("create_account", "Demo", "--owner", "owner@demo.example")
        made = json.loads(
            served.manage("create_application", "--account", "Demo", "--scopes", "account", "--json")
        )
        page = requests.get(f"{served.url}/panel/sign-in/", timeout=20).text
        sheet = re.search(r'href="(/static/[^"]+\.css)"', page)
        assert sheet
        yield Product(served, store, made["application_id"], made["application_secret"], sheet[1])
        served.stop()
    patch.undo()


def until_well(product: Product) -> float:
    """Return how many seconds it took until tokens were issued and checked again."""
    began = time.monotonic()
    while (issued := product.token()).status_code != 200 or (
        product.use(issued.json()["access_token"]).status_code != 200
    ):
        assert time.monotonic() - began < 10
        time.sleep(0.05)
    return time.monotonic() - began


def timed[Result](act: Callable[[], Result]) -> tuple[Result, float]:
    began = time.monotonic()
    return act(), time.monotonic() - began


def all_at_once(
    act: Callable[[], requests.Response], number: int = 24
) -> list[tuple[requests.Response, float]]:
    with ThreadPoolExecutor(number) as pool:
        return [each.result() for each in [pool.submit(timed, act) for _number in range(number)]]


def assert_unavailable(answers: list[tuple[requests.Response, float]], within: float) -> None:
    for response, seconds in answers:
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert seconds < within


def assert_quick_paths_answer(product: Product) -> None:
    for path in ("/health/live", "/.well-known/oauth-authorization-server", product.style_sheet):
        response, seconds = timed(partial(product.get, path))
        assert (response.status_code, seconds < AT_ONCE) == (200, True), path


def test_a_locked_table_holds_up_nobody_for_long_and_others_not_at_all(product: Product) -> None:
    token = product.token().json()["access_token"]
    product.get("/.well-known/oauth-authorization-server")
    with psycopg.connect(database_of(product)) as locker:
        locker.execute(LOCKED)
        assert_unavailable(all_at_once(product.token), within=WITHIN)
        assert_unavailable([timed(lambda: product.use(token))], within=WITHIN)
        later = [timed(product.token) for _number in range(4)]
        assert_unavailable(later, within=WITHIN)
        assert sorted(seconds for _response, seconds in later)[2] < AT_ONCE, "one a second waits, and no more"
        assert_quick_paths_answer(product)
        sign_in, seconds = timed(lambda: product.get("/panel/sign-in/"))
        assert (sign_in.status_code, seconds < WITHIN) == (200, True)
        assert product.get("/health/ready").status_code == 200
    assert until_well(product) < 4
    assert product.use(token).status_code == 200


def test_a_frozen_database_is_503_in_time_then_at_once_and_comes_back_by_itself(product: Product) -> None:
    token = product.token().json()["access_token"]
    product.get("/.well-known/oauth-authorization-server")
    with product.store.frozen():
        assert_unavailable(all_at_once(product.token), within=WITHIN)
        later = [timed(lambda: product.use(token)) for _number in range(8)]
        assert_unavailable(later, within=WITHIN)
        assert sorted(seconds for _response, seconds in later)[5] < AT_ONCE
        assert_quick_paths_answer(product)
        ready, seconds = timed(lambda: product.get("/health/ready"))
        assert (ready.status_code, seconds < WITHIN) == (503, True)
        assert ready.json()["checks"]["database"] == "The database does not answer."
        assert product.get("/panel/sign-in/").status_code in (200, 503)
    assert until_well(product) < 5
    assert product.use(token).status_code == 200
    assert product.get("/health/ready").status_code == 200


def test_a_frozen_cache_costs_a_moment_once_and_limits_nobody(
    product: Product, redis: subprocess.Popen[bytes]
) -> None:
    token = product.token().json()["access_token"]
    assert int(product.use(token).headers["X-Rate-Limit-Remaining"]) < 1_000_000
    redis.send_signal(signal.SIGSTOP)
    try:
        answers = [timed(lambda: product.use(token)) for _number in range(8)]
        assert {response.status_code for response, _seconds in answers} == {200}
        assert {response.headers["X-Rate-Limit-Remaining"] for response, _seconds in answers} == {"1000000"}
        assert max(seconds for _response, seconds in answers) < 2
        assert sorted(seconds for _response, seconds in answers)[5] < AT_ONCE
        ready = product.get("/health/ready")
        assert (ready.status_code, ready.json()["checks"]["cache"]) == (503, "The cache does not answer.")
    finally:
        redis.send_signal(signal.SIGCONT)
    assert product.served.log.read_text().count("the cache does not answer") == 1
    assert product.get("/health/ready").status_code == 200


def database_of(product: Product) -> str:
    return product.served.environment["DATABASE_URL"]
