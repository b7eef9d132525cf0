"""deploy/compose.yaml: what it says is valid, is what the product knows, and keeps the stores to themselves."""

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.delivery.certificates import make_authority
from tests.deploy.descriptions import DEPLOY, IMAGE, assert_are_arguments_of_run, assert_are_settings
from tests.deploy.gateways import AWAY, HOME, Product, call, replaced, start
from tests.deploy.in_front import found, nginx_around
from tests.servers import free_port, stop

FILE = DEPLOY / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
OURS = {name: each for name, each in COMPOSE["services"].items() if "latchkey" in str(each["image"])}
SERVERS = {name: each for name, each in OURS.items() if name.startswith("server-")}


def test_it_is_what_the_specification_of_compose_allows() -> None:
    # The package itself is not imported: it takes seconds, in every process of the tests.
    found_at = find_spec("check_jsonschema")
    assert found_at
    folder = Path(str(found_at.origin)).parent / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text())
    allowed = jsonschema_rs.Draft7Validator(schema)
    allowed.validate(COMPOSE)
    assert not allowed.is_valid({**COMPOSE, "servces": {}})


def test_each_value_that_it_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", FILE.read_text()))
    example = (DEPLOY / "compose" / "env.example").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == asked
    assert len(asked) > 5


def test_each_part_of_latchkey_has_settings_that_there_are_and_no_more_rights_than_it_needs() -> None:
    assert set(OURS) == {"migrate", "server-1", "server-2", "webhooks", "purge"}
    user, group = IMAGE.last("USER").split(":")
    for each in OURS.values():
        assert_are_settings(each["environment"])
        assert (each["read_only"], each["cap_drop"]) == (True, ["ALL"])
        assert each["tmpfs"][1] == f"{IMAGE.last('VOLUME')}:uid={user},gid={group},mode=0700"
        assert_are_arguments_of_run(each.get("command", []))
    assert "./run manage purge" in OURS["purge"]["entrypoint"][-1]


def test_two_servers_begin_after_the_tables_are_there() -> None:
    assert len(SERVERS) == 2
    for each in SERVERS.values():
        assert each["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert int(each["stop_grace_period"].removesuffix("s")) >= 15


def test_the_stores_are_reached_from_the_inside_alone() -> None:
    assert COMPOSE["networks"]["store"]["internal"] is True
    for name in ("postgres", "valkey"):
        store = COMPOSE["services"][name]
        assert (store["networks"], "ports" in store) == (["store"], False)
    assert [name for name, each in COMPOSE["services"].items() if "ports" in each] == ["nginx"]


def test_the_servers_believe_the_network_that_nginx_is_in() -> None:
    assert COMPOSE["services"]["nginx"]["networks"] == ["front"]
    believed = {each["environment"]["TRUSTED_PROXIES"] for each in SERVERS.values()}
    assert believed == {COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]}


type Https = tuple[int, int, ssl.SSLContext]  # the ports of http and https, and how to trust the latter


@pytest.fixture(scope="module")
def https(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Https]:
    """The nginx of compose.yaml in front of the product, of whose two servers one is away."""
    program, folder = found("nginx", "apt install nginx"), tmp_path_factory.mktemp("compose")
    authority = make_authority(folder)
    authority.context("latchkey.example")
    plain, port = free_port(), free_port()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/nginx/certificates/fullchain.pem": f"{folder}/latchkey.example-1.pem",
        "/etc/nginx/certificates/privkey.pem": f"{folder}/latchkey.example-1.pem",
        "server-1:8000 max_fails=0 resolve": f"127.0.0.1:{free_port()} max_fails=0",
        "server-2:8000 max_fails=0 resolve": f"127.0.0.1:{product.port} max_fails=0",
    }  # Debian's nginx asks no name server again and again: that of compose.yaml is newer
    (folder / "latchkey.conf").write_text(replaced((DEPLOY / "compose" / "nginx.conf").read_text(), changes))
    (folder / "api.conf").write_text("")
    (folder / "nginx.conf").write_text(nginx_around(folder))
    process = start([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)], folder, port)
    yield plain, port, ssl.create_default_context(cafile=authority.file)
    stop(process)


def ask(https: Https, path: str, *, address: str = HOME, **headers: str) -> int:
    """Return the status of a GET over https from `address`."""
    _plain, port, context = https
    connection = http.client.HTTPConnection("latchkey.example")
    raw = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0))
    with closing(connection), context.wrap_socket(raw, server_hostname="latchkey.example") as connection.sock:
        connection.request(
            "GET", path, headers={name.replace("_", "-"): said for name, said in headers.items()}
        )
        return connection.getresponse().status


def directives(path: str) -> set[str]:
    """What a file tells nginx about two servers, either of which may be restarted."""
    told = re.findall(r"^\s*((?:keepalive|proxy|location)\w* .*)$", (DEPLOY / path).read_text(), re.MULTILINE)
    return {*told, *re.findall(r"max_fails=\d+", (DEPLOY / path).read_text())}


def test_its_nginx_loses_no_request_either_when_a_server_is_replaced() -> None:
    """tests/deploy/test_rolling_restart.py shows that these directives are enough."""
    needed = directives("nginx/latchkey.conf")
    assert len(needed) > 10
    assert needed <= directives("compose/nginx.conf")


@pytest.mark.served
def test_its_nginx_answers_while_one_server_is_away(https: Https, product: Product) -> None:
    restricted = {"Authorization": f"Bearer {product.restricted_token}"}
    for _time in range(3):
        assert ask(https, "/oauth/verify?scope=groups", **restricted) == 200
    forged = {**restricted, "X_Forwarded_For": HOME}
    assert ask(https, "/oauth/verify?scope=groups", address=AWAY, **forged) == 403


@pytest.mark.served
@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/%6detrics", "//metrics"])
def test_its_nginx_keeps_health_and_metrics_to_the_inside(https: Https, path: str) -> None:
    assert ask(https, path) == 404


@pytest.mark.served
def test_its_nginx_sends_people_to_https(https: Https) -> None:
    answer = call(https[0], "/panel/", Host="latchkey.example")
    assert (answer.status, answer.headers["location"]) == (301, "https://latchkey.example/panel/")
