"""What a form held that was refused, so that nobody has to type it again.

Never shown again: passwords, codes, credentials and files.

A form is offered to be sent again only where the browser says that a page of this server sent it: Sec-Fetch-Site,
Origin and Referer are headers that no other site can set. What another site makes a browser send is neither shown nor
offered, so the page with the fresh token cannot be used to make somebody confirm what a stranger has filled in.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

SIGN_IN = "/panel/sign-in/"
TOKEN = "csrfmiddlewaretoken"
# The names of fields that hold what proves who somebody is; "oldpassword" and "password1" too.
SECRET = re.compile(r"password|passwd|(^|[_-])(secret|token|code|credential|credentials|key)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sent:
    """One field: its name, what it is called on the page, and its value."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class SentForm:
    """What was typed, and whether anything of it is not kept."""

    fields: list[Sent]
    is_whole: bool

    @property
    def typed(self) -> list[Sent]:
        """What a person has written or chosen, to be read again."""
        return [sent for sent in self.fields if sent.value.strip()]


def sent_form(request: HttpRequest) -> SentForm | None:
    """Return what was sent; None when nothing was, or when it does not come from a page of this server."""
    if request.method != "POST" or not is_from_here(request):
        return None
    if (posted := _posted(request)) is None:
        return None
    names = [name for name in posted if name != TOKEN]
    kept = [name for name in names if not SECRET.search(name)]
    fields = [Sent(name, _label(name), value) for name in kept for value in posted.getlist(name)]
    return SentForm(fields, is_whole=kept == names and not request.FILES)


def is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this server sent the request: each header that is there says so, and at least one is."""
    own, said = _own(request), []
    if site := request.headers.get("Sec-Fetch-Site"):
        said.append(site == "same-origin")
    if origin := request.headers.get("Origin"):
        said.append(origin in own)
    if referer := request.headers.get("Referer"):
        said.append(origin_of(referer) in own)
    return bool(said) and all(said)


def way_back(request: HttpRequest) -> str:
    """Return the page of the panel that led here, as a path; "" when there was none, or it was this one.

    A form may have been on the page that it was sent to: that one can be opened again.
    """
    referer = request.headers.get("Referer", "")
    if origin_of(referer) not in _own(request):
        return ""
    parts = urlsplit(referer)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    is_this = request.method == "GET" and path == request.get_full_path()
    return path if _is_inside(path) and not is_this else ""


def wanted_page(request: HttpRequest) -> str:
    """Return the path to go on to after signing in; "" for the start page."""
    if request.path.startswith(SIGN_IN):
        posted = _posted(request) or request.GET
        said = posted.get("next") or request.GET.get("next", "")
        return said if _is_inside(said) else ""
    return request.get_full_path() if request.method == "GET" else way_back(request)


def _is_inside(path: str) -> bool:
    return path.startswith("/panel/") and not path.startswith(SIGN_IN)


def _posted(request: HttpRequest) -> QueryDict | None:
    """The fields that were sent; None where the body cannot be read: the page of an error must not fail itself."""
    try:
        return request.POST
    except (BadRequest, MultiPartParserError, OSError, SuspiciousOperation):
        return None


def _own(request: HttpRequest) -> set[str]:
    return {f"{request.scheme}://{request.get_host()}", str(settings.PUBLIC_URL)}


def origin_of(url: str) -> str:
    """Return the scheme and host of a URL; "" for what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _label(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()
