"""Examples of gateways that cannot be run here (Envoy, Traefik): they are YAML and ask Latchkey for what it has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.rules.names import Name
from tests.deploy.conftest import DEPLOY
from tests.factories import make_account

NOT_RUN = sorted([*DEPLOY.glob("envoy/*.yaml"), *DEPLOY.glob("traefik/*.yaml")])
QUESTION = re.compile(r"/oauth/\S+")
ANSWERED = ["X-Application-Id", "X-Account-Id", "X-Scope"]


def read(path: str) -> dict[str, Any]:
    members: dict[str, Any] = yaml.safe_load((DEPLOY / path).read_text())
    return members


@pytest.mark.parametrize("path", NOT_RUN, ids=lambda path: path.name)
def test_what_is_asked_of_latchkey_is_there(path: Path, client: Client, db: None) -> None:
    text = "\n".join(line for line in path.read_text().splitlines() if not line.strip().startswith("#"))
    questions = QUESTION.findall(text)
    assert questions == ["/oauth/verify?scope=groups", "/oauth/verify?scope=sms"]
    key = create_api_key(account=make_account(), name=Name(""), scopes=None, actor=OPERATOR)[1]
    for question in questions:
        response = client.get(question, headers={"X-API-KEY": key})
        assert response.status_code == 200
        assert response["X-Account-Id"]


def test_traefik_puts_both_middlewares_before_each_resource() -> None:
    http = read("traefik/dynamic.yaml")["http"]
    for resource in ("groups", "sms"):
        router = http["routers"][resource]
        assert router["middlewares"] == [f"latchkey-{resource}", "without-credential"]
        asked = http["middlewares"][f"latchkey-{resource}"]["forwardAuth"]
        assert asked["address"].endswith(f"?scope={resource}")
        assert asked["trustForwardHeader"] is False
        assert asked["authResponseHeaders"] == ANSWERED
    assert {router["service"] for router in http["routers"].values()} == set(http["services"])


def test_envoy_switches_the_right_question_on_for_each_resource_and_refuses_when_there_is_no_answer() -> None:
    resources = read("envoy/envoy.yaml")["static_resources"]
    managers = {
        listener["name"]: listener["filter_chains"][0]["filters"][0]["typed_config"]
        for listener in resources["listeners"]
    }
    for manager in managers.values():
        assert manager["common_http_protocol_options"]["headers_with_underscores_action"] == "DROP_HEADER"
        assert manager["use_remote_address"] is True
    api = managers["api"]
    removing, *asking, router = api["http_filters"]
    removed = [each["remove"] for each in removing["typed_config"]["mutations"]["request_mutations"]]
    assert removed == [name.lower() for name in ANSWERED]
    assert router["name"] == "envoy.filters.http.router"
    questions = {each["name"]: each for each in asking}
    assert "<<" not in (DEPLOY / "envoy" / "envoy.yaml").read_text(), "Envoy's YAML has no merge keys"
    for route in api["route_config"]["virtual_hosts"][0]["routes"]:
        scope = route["match"]["path_separated_prefix"][1:]
        assert list(route["typed_per_filter_config"]) == [f"latchkey.{scope}"]
        question = questions.pop(f"latchkey.{scope}")
        assert question["disabled"] is True
        assert question["typed_config"]["failure_mode_allow"] is False
        assert question["typed_config"]["http_service"]["path_override"] == f"/oauth/verify?scope={scope}"
    assert questions == {}
    clusters = {cluster["name"] for cluster in resources["clusters"]}
    assert clusters == {"latchkey", "api"}
