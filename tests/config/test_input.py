"""NUL characters, which no database takes as text: what has one counts as not sent. No database."""

from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from config.input import without_nul


def passed(path: str = "/panel/", *, cookies: dict[str, str] | None = None) -> HttpRequest:
    """The request as the views get it."""
    seen = list[HttpRequest]()

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    request = RequestFactory().get(path)
    request.COOKIES.update(cookies or {})
    without_nul(view)(request)
    return seen[0]


def query(text: str) -> dict[str, Any]:
    return dict(passed(f"/panel/?{text}").GET.lists())


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("q=a&page=2", {"q": ["a"], "page": ["2"]}),
        ("q=a%00b&page=2", {"page": ["2"]}),
        ("q=%00", {}),
        ("q=a%00&q=b", {"q": ["b"]}),
        ("%00=1&page=2", {"page": ["2"]}),
        ("a%00b=1", {}),
        ("q=&page=%2500", {"q": [""], "page": ["%00"]}),
    ],
)
def test_of_the_query_what_has_a_nul_is_left_out(sent: str, left: dict[str, Any]) -> None:
    assert query(sent) == left


def test_a_query_without_one_is_passed_on_as_it_is() -> None:
    assert not passed("/panel/?q=a").GET._mutable


def test_a_cookie_with_one_is_not_sent_and_the_others_are() -> None:
    cookies = {"sessionid": "a\0b", "csrf\0token": "x", "theme": "dark", "empty": ""}
    assert passed(cookies=cookies).COOKIES == {"theme": "dark", "empty": ""}


@pytest.mark.parametrize("path", ["/panel/%00", "/%00/", "/panel/a%00b/?q=1"])
def test_a_path_with_one_is_not_found(path: str) -> None:
    with pytest.raises(Http404):
        passed(path)
