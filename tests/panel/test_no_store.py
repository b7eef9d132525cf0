"""Nothing under /panel/ or /operator/ is kept by a cache: pages, redirects, refusals, exports, errors."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from applications.panel.views import you
from config.no_store import never_stored
from tests.architecture.test_access import addresses
from tests.cast import Cast

OF_PEOPLE = sorted(address for address in addresses() if re.match(r"panel/|\^?panel/", address))


class Answer(Protocol):
    """What the test client returns, as far as it is read here."""

    @property
    def headers(self) -> Mapping[str, str]: ...


def is_stored(answer: Answer) -> bool:
    return "no-store" not in answer.headers.get("Cache-Control", "")


def filled(cast: Cast) -> Iterator[str]:
    """Each address; what else it names need not be there: a page that is not found is somebody's answer too."""
    known = {
        "account_id": str(cast.account.pk),
        "application_id": cast.application.application_id,
        "value": "0" * 40,
        "channel": "sms",
    }
    for address in OF_PEOPLE:
        plain = re.sub(r"\(\?P<uidb36>.*", "MQ-set-password/", address.replace("^", ""))
        yield "/" + re.sub(r"<\w+:(\w+)>", lambda match: known.get(match[1], "1"), plain)


def test_no_address_of_the_panel_is_stored_whoever_asks(cast: Cast) -> None:
    clients = [Client(), Client(), Client()]
    clients[1].force_login(cast.alice)
    clients[2].force_login(cast.charlie)
    paths = list(filled(cast))
    assert len(paths) > 60
    stored = [
        (path, method)
        for path in paths
        for client in clients
        for method in (["GET"] if "sign-out" in path else ["GET", "POST"])
        if is_stored(client.generic(method, path))
    ]
    assert stored == []
    assert [client.get("/panel/you/").status_code for client in clients] == [302, 200, 200]


@pytest.mark.parametrize("path", ["/panel/nothing/", "/panel/9/applications", "/operator/", "/operator/x/"])
def test_neither_is_what_does_not_exist_or_leads_elsewhere(alice: Client, path: str) -> None:
    assert not is_stored(alice.get(path))


def test_a_form_refused_for_csrf_and_a_failure_are_not(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(cast.alice)
    refused = strict.post("/panel/you/name/", {"name": "Alice"})
    assert refused.status_code == 403
    assert not is_stored(refused)

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(you, "sessions_of", broken)
    failed = strict.get("/panel/you/")
    assert failed.status_code == 500
    assert not is_stored(failed)


def test_files_of_the_panel_may_be_kept(rf: RequestFactory) -> None:
    answered = never_stored(lambda _request: HttpResponse())
    assert is_stored(answered(rf.get("/static/css/panel.css")))
    assert not is_stored(answered(rf.get("/panel/")))


def test_a_download_says_so_too(alice: Client, cast: Cast) -> None:
    for kind in ("csv", "jsonl"):
        export = alice.get(f"/panel/{cast.account.pk}/audit-log/export.{kind}")
        assert export.status_code == 200
        assert not is_stored(export)
