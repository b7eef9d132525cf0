"""The log's line of a request: what is in it, and what never is."""

import json
from typing import Any

import pytest
from pytest_django import Settings

from config.noting import Answered
from config.request_lines import line_of, trace_id
from config.routes import route_of

VALUE = "0123456789abcdef0123456789abcdef01234567"
TRACE = "0af7651916cd43dd8448eb211c80319c"


def request(**changed: Any) -> Answered:
    plain = Answered(
        at=1_800_000_000.25,
        seconds=0.01234,
        status=200,
        method="POST",
        path="/oauth/token",
        peer="192.0.2.7",
        hops=None,
        traceparent=None,
        request_id="4eb6f2b1-7f65-4c9a-9c5f-0c1c2d3e4f50",
        proven=None,
        claimed="",
    )
    return plain._replace(**changed)


def told(**changed: Any) -> dict[str, object]:
    line = line_of(request(**changed))
    assert line.count("\n") == 1
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_has_what_an_operator_asks_for() -> None:
    assert told() == {
        "event": "request",
        "level": "info",
        "logger": "latchkey.requests",
        "timestamp": "2027-01-15T08:00:00.250000Z",
        "method": "POST",
        "route": "/oauth/token",
        "status": 200,
        "ms": 12.3,
        "address": "192.0.2.7",
        "request_id": "4eb6f2b1-7f65-4c9a-9c5f-0c1c2d3e4f50",
    }


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/applications", "/applications"),
        (f"/applications/{VALUE}", "/applications/<str:application_id>"),
        (f"/{VALUE}", "none"),
        ("/static/css/panel.css", "/static/"),
        ("/panel/1/members/", "/panel/<int:account_id>/members/"),
        ("/x\nlevel: forged", "none"),
        ("/\x00", "none"),
    ],
)
def test_a_route_stands_for_the_path(path: str, route: str) -> None:
    assert told(path=path)["route"] == route


def test_the_link_of_a_mail_is_in_no_line() -> None:
    path = f"/panel/sign-in/new-password/1-{VALUE}/"
    assert VALUE not in line_of(request(path=path))
    assert route_of(path).startswith("/panel/sign-in/new-password/")


def test_who_asked_is_told_once_it_is_proved() -> None:
    assert told(proven=("user_id", "7"))["user_id"] == "7"
    assert told(proven=("application_id", VALUE))["application_id"] == VALUE
    assert told(claimed=VALUE)["application_id"] == VALUE


@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_a_claim_that_was_not_proved_is_not_told(status: int) -> None:
    """Some client will send its secret in the place of its ID."""
    assert VALUE not in line_of(request(claimed=VALUE, status=status))


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (f"00-{TRACE}-b7ad6b7169203331-01", TRACE),
        (f"cc-{TRACE}-b7ad6b7169203331-01-more", TRACE),
        (f"ff-{TRACE}-b7ad6b7169203331-01", ""),
        (f"00-{'0' * 32}-b7ad6b7169203331-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE.upper()}-b7ad6b7169203331-01", ""),
        (f"00-{TRACE}-b7ad6b7169203331-01\n", ""),
        (VALUE, ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_trace_is_that_of_traceparent(sent: str | None, told: str) -> None:
    assert trace_id(sent) == told


def test_a_line_names_the_trace() -> None:
    assert told(traceparent=f"00-{TRACE}-b7ad6b7169203331-01")["trace_id"] == TRACE


def test_the_address_is_the_clients(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["10.9.8.0/24"]
    assert told(peer="10.9.8.7", hops="192.0.2.1, 198.51.100.4")["address"] == "198.51.100.4"
    assert told(peer="198.51.100.9", hops="192.0.2.1")["address"] == "198.51.100.9"
    assert told(peer="10.9.8.7", hops="not an address")["address"] is None


def test_a_method_of_ones_own_is_not_repeated() -> None:
    assert told(method=VALUE.upper())["method"] == "other"
