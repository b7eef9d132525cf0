"""Schemathesis over the description, against the served process: nothing it makes up gets a 5xx, or an answer that is
not described."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.oauth.conftest import basic
from tests.servers import Served

EXAMPLES = 16  # requests an operation and way of making them
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Demo:
    """A served account with one application; its API key may do everything."""

    url: str
    application_id: str
    secret: str
    api_key: str


@pytest.fixture(scope="session")
def demo(served: Served) -> Demo:
    name = "Schemathesis"
    served.manage("create_account", name, "--owner", "owner@schemathesis.example")
    # So that no network made up for the account's list can lock the test itself out.
    served.manage("allow_ip", "127.0.0.0/8", "--account", name)
    made = json.loads(served.manage("create_application", "--account", name, "--scopes", "sms", "--json"))
    key = json.loads(served.manage("create_api_key", "--account", name, "--json"))
    value = next(word for word in key.values() if isinstance(word, str) and len(word) == 40)
    return Demo(served.url, made["application_id"], made["application_secret"], value)


def operations(demo: Demo) -> list[Any]:
    document = requests.get(f"{demo.url}/openapi.json", timeout=10).json()
    found = schemathesis.openapi.from_dict(document).get_all_operations()
    return [result.ok() for result in found if isinstance(result, Ok)]


def try_out(operation: Any, demo: Demo, mode: schemathesis.GenerationMode) -> int:
    """Call an operation with what its schemas allow, or do not allow; return how many calls were made."""
    calls: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Case[Any]) -> None:
        oauth = case.path.startswith("/oauth/")
        kept = operation.label != "DELETE /applications/{applicationId}"
        if kept and "applicationId" in (case.path_parameters or {}) and len(calls) % 2:
            case.path_parameters["applicationId"] = demo.application_id
        headers = (
            {"Authorization": basic(demo.application_id, demo.secret)}
            if oauth
            else {"X-API-KEY": demo.api_key}
        )
        response = case.call(base_url=demo.url, headers=headers)
        calls.append(response.status_code)
        refused = [negative_data_rejection] if mode is schemathesis.GenerationMode.NEGATIVE else []
        case.validate_response(response, checks=[*CHECKS, *refused])

    with suppress(Unsatisfiable):  # where nothing is sent, nothing wrong can be sent
        call()
    return len(calls)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.name.lower())
def test_what_it_makes_up(demo: Demo, mode: schemathesis.GenerationMode) -> None:
    made = {operation.label: try_out(operation, demo, mode) for operation in operations(demo)}
    assert len(made) > 20
    assert sum(made.values()) > len(made) * 2
