"""Whether the time of a refusal tells that a client ID exists: `python -m bench.timing`. README.md tells more.

Asks for tokens with wrong secrets, in pairs of a known and an unknown client ID, the one first and then the other, in
this process and over HTTP. A refusal is the same for both (security.md 5), so the difference should be near nothing.
"""

import http.client
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django

from bench.report import table
from bench.servers import latchkey
from bench.serving import FORM, GRANT
from tests.postgres import postgres

PAIRS = 800
CLIENTS = 20  # of each kind: fewer than 100 failures of each, after which an answer is 429
WARM_UP = 40  # pairs that are not counted
ADDRESS = IPv4Address("192.0.2.1")

type Refused = Callable[[str, str], None]  # asks with an ID and a wrong secret


def main() -> None:
    """Start a PostgreSQL and Latchkey on it, and print a table."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, the servers are ended
    with postgres(durable=True) as url, tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DATABASE_URL=url,
            DJANGO_SETTINGS_MODULE="config.settings",
            ENV_FILE=os.devnull,
            LOG_LEVEL="WARNING",
        )
        os.environ.setdefault("SECRET_KEY", "of-the-bench-and-of-nothing-else-at-all")
        with latchkey(url, Path(folder)) as server:
            django.setup()
            # Models can be imported only now.
            known, new_credential = (
                _make_clients(),
                import_module("applications.rules.credentials").new_credential,
            )
            unknown = [new_credential() for _client in range(CLIENTS)]
            rows = [["", "known, µs", "unknown, µs", "median of the differences, µs", "standard error, µs"]]
            ways: dict[str, Refused] = {
                "in process": _in_process(),
                "over HTTP": _over_http(server.works["token"].url),
            }
            for name, refused in ways.items():
                rows.append([name, *_measure(refused, known, unknown, new_credential)])
            print(table(rows))


def _make_clients() -> list[str]:
    models = import_module("applications.models")
    actors, operations = (
        import_module(f"applications.operations.{name}") for name in ("actors", "applications")
    )
    account = models.Account.objects.get()
    made = [
        operations.create_application(
            account=account,
            name="",
            lifetime="1 day",
            scopes=models.Scope.objects.all(),
            actor=actors.OPERATOR,
        )
        for _client in range(CLIENTS)
    ]
    return [application.application_id for application, _secret in made]


def _measure(refused: Refused, known: list[str], unknown: list[str], secret: Callable[[], str]) -> list[str]:
    times: list[tuple[float, float]] = []
    for number in range(-WARM_UP, PAIRS):
        pair = [(0, known[number % CLIENTS]), (1, unknown[number % CLIENTS])]
        taken = [0.0, 0.0]
        for kind, client_id in pair if number % 2 else reversed(pair):
            value, started = secret(), time.perf_counter()
            refused(client_id, value)
            taken[kind] = (time.perf_counter() - started) * 1e6
        if number >= 0:
            times.append((taken[0], taken[1]))
    differences = [of_known - of_unknown for of_known, of_unknown in times]
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    return [f"{value:.0f}" for value in medians] + [
        f"{statistics.median(differences):+.1f}",
        f"{_error_of_median(differences):.1f}",
    ]


def _error_of_median(values: list[float]) -> float:
    """From the distance of the quartiles, which outliers do not move; as for a normal distribution."""
    low, _median, high = statistics.quantiles(values, n=4)
    return float(1.2533 * (high - low) / 1.349 / len(values) ** 0.5)


def _in_process() -> Refused:
    tokens, clients = (import_module(f"applications.operations.{name}") for name in ("tokens", "clients"))

    def refused(client_id: str, secret: str) -> None:
        try:
            tokens.issue_token(
                client_id=client_id, secret=secret, scopes=None, address=ADDRESS, request_id="0"
            )
        except clients.InvalidClient:
            return
        raise AssertionError("a token for a wrong secret")

    return refused


def _over_http(url: str) -> Refused:
    parts: Any = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)

    def refused(client_id: str, secret: str) -> None:
        connection.request("POST", parts.path, f"{GRANT}&client_id={client_id}&client_secret={secret}", FORM)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401, answer.status

    return refused


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
