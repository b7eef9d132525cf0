"""Each gateway, with its file of deploy/, in front of an API and of the served product."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.gateways import HOME, Api, Gateway, Product, call, port_of
from tests.deploy.in_front import IN_FRONT, WITH_OWN_WORDS, WITHOUT, Two
from tests.servers import Listener, Served, free_port

ACCOUNT = "Marlowe"


@pytest.fixture(scope="session")
def api_port() -> Iterator[int]:
    """An API that is served, and where."""
    server = Listener(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, that trusts the gateway, with an account and its credentials."""
    served = Served(
        tmp_path_factory.mktemp("behind-gateways"),
        workers=1,
        TRUSTED_PROXIES="127.0.0.1/32",
        ALLOWED_HOSTS="127.0.0.1,latchkey.example",
        LATCHKEY_OWNER_PASSWORD="a long and dull password",
    )
    account = json.loads(served.manage("create_account", ACCOUNT, "--owner", "a@marlowe.example", "--json"))
    (mine, secret), (restricted, restricted_secret) = (
        make_application(served, name) for name in ("Mine", "Restricted")
    )
    served.manage("allow_ip", HOME, "--application", restricted)
    options = ["--account", ACCOUNT, "--scopes", "groups sms", "--json"]
    yield Product(
        served=served,
        account_id=str(account["account_id"]),
        application_id=mine,
        secret=secret,
        token=ask_token(port_of(served), mine, secret),
        restricted_token=ask_token(port_of(served), restricted, restricted_secret),
        key=json.loads(served.manage("create_api_key", *options))["api_key"],
    )
    served.stop()


def make_application(served: Served, name: str) -> tuple[str, str]:
    """Return ID and secret of a new application with the scope groups."""
    options = ["--account", ACCOUNT, "--name", name, "--scopes", "groups", "--json"]
    made = json.loads(served.manage("create_application", *options))
    return made["application_id"], made["application_secret"]


def ask_token(port: int, client_id: str, secret: str) -> str:
    """Return an access token, asked for from HOME."""
    body = f"grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
    answer = call(
        port, "/oauth/token", method="POST", body=body, Content_Type="application/x-www-form-urlencoded"
    )
    assert answer.status == 200, answer.body
    return str(answer.json["access_token"])


@pytest.fixture(scope="session", params=list(IN_FRONT))
def ports(
    request: pytest.FixtureRequest,
    product: Product,
    api_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Two]:
    """Each gateway in turn."""
    with IN_FRONT[request.param](product.port, api_port, tmp_path_factory.mktemp(request.param)) as two:
        yield two


@pytest.fixture
def gateway(ports: Two, product: Product) -> Gateway:
    """Each gateway in turn, in front of the API."""
    return Gateway(ports[0], product)


@pytest.fixture
def front(ports: Two, product: Product) -> Gateway:
    """Each gateway in turn, in front of Latchkey."""
    return Gateway(ports[1], product)


@pytest.fixture(params=list(WITH_OWN_WORDS))
def alone(
    request: pytest.FixtureRequest, product: Product, api_port: int, tmp_path: Path
) -> Iterator[Gateway]:
    """Each gateway with words of its own, in front of the API, with nobody there who could judge a credential."""
    with IN_FRONT[request.param](free_port(), api_port, tmp_path) as two:
        yield Gateway(two[0], product)


@pytest.fixture(params=list(WITH_OWN_WORDS))
def misnamed(
    request: pytest.FixtureRequest, product: Product, api_port: int, tmp_path: Path
) -> Iterator[Gateway]:
    """The same, asking by a Host that Latchkey does not have."""
    host = f"{request.param}.wrong.example"
    with IN_FRONT[request.param](product.port, api_port, tmp_path, host) as two:
        yield Gateway(two[0], product)


@pytest.fixture(params=list(WITHOUT))
def alone_without_words(
    request: pytest.FixtureRequest, product: Product, api_port: int, tmp_path: Path
) -> Iterator[Gateway]:
    """The other gateways, with nobody there who could judge a credential."""
    with WITHOUT[request.param](free_port(), api_port, tmp_path) as two:
        yield Gateway(two[0], product)
