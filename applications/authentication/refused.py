"""What is kept of a refused request: where its credentials were, and their digests; never their values."""

import re
from collections.abc import Iterator
from contextlib import suppress

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError
from django.utils.timezone import now

from applications.authentication.address import client_address
from applications.authentication.basic import parse_basic
from applications.operations.refused_requests import API_KEY_HEADER, BODY, RefusedRequest, Sent
from applications.rules.credentials import digest, hint, is_credential

MAX_BYTES = 4_096  # of a body that are looked through
MAX_SENT = 8  # credentials of one request
VALUE = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])")
# In a form, JSON or multipart alike: between the name and the value stand only signs.
CLIENT_ID = re.compile(r"client_id\W{1,12}([0-9a-f]{40})(?![0-9A-Za-z])", re.ASCII)
CLIENT_SECRET = re.compile(r"client_secret\W{1,12}([0-9a-f]{40})(?![0-9A-Za-z])", re.ASCII)
SCHEME = re.compile(r"(basic|bearer)\s", re.IGNORECASE)
# Headers in which nobody sends a credential of ours, and one that may hold the session of a person.
NOT_LOOKED_AT = {"HTTP_COOKIE", "HTTP_HOST", "HTTP_USER_AGENT", "HTTP_ACCEPT", "HTTP_IF_NONE_MATCH"}
SPELLED = {"HTTP_X_API_KEY": API_KEY_HEADER}


def refused_request(request: HttpRequest, status: int, error: str, message: str) -> RefusedRequest:
    """Return what is kept of a request that was answered with `status` and `error`.

    Asks nothing of the database. `message` is what the client was told, without what opens anything.
    """
    return RefusedRequest(
        request_id=request.request_id,  # type: ignore[attr-defined]  # config/request_ids.py
        ip=_address(request),
        moment=now(),
        method=storable(request.method or "", 10),
        path=storable(VALUE.sub("…", request.path), 100),
        status=status,
        error=error,
        message=storable(message, 200),
        media_type=storable(request.content_type or "", 100),
        sent=tuple(sent for sent, _count in zip(_sent(request), range(MAX_SENT), strict=False)),
    )


def storable(text: str, most: int) -> str:
    """Return at most `most` characters of `text` that every database takes."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:most])


def sent_token(place: str, value: str) -> Sent:
    """Return what is kept of a token or API key."""
    return Sent(place, digest=digest(value), hint=hint(value))


def _address(request: HttpRequest) -> str | None:
    with suppress(BadRequest):
        return str(client_address(request))
    return None


def _sent(request: HttpRequest) -> Iterator[Sent]:
    """Yield the credentials in the headers, then those in the body and in the address."""
    for name, value in request.META.items():
        if name.startswith("HTTP_") and name not in NOT_LOOKED_AT:
            yield from _in_header(SPELLED.get(name) or name[5:].replace("_", "-").title(), value)
    yield from _client(BODY, _body(request))
    address = request.META.get("QUERY_STRING", "")[:MAX_BYTES]
    yield from _client("?client_id", address)
    for parameter in address.split("&"):
        name, _equals, value = parameter.partition("=")
        if is_credential(value) and not name.startswith("client_"):
            yield sent_token(f"?{storable(name, 40)}", value)


def _in_header(name: str, value: str) -> Iterator[Sent]:
    scheme = match[1].title() if (match := SCHEME.match(value)) else ""
    place = f"{name}: {scheme}" if scheme else name
    if scheme == "Basic":
        with suppress(ValueError):
            yield from _pair(place, *parse_basic(value.replace(match[1], "Basic", 1) if match else value))
        return
    for found in VALUE.findall(value):
        yield sent_token(storable(place, 60), found)


def _pair(place: str, client_id: str, secret: str) -> Iterator[Sent]:
    if is_credential(client_id):
        good = is_credential(secret)
        yield Sent(place, client_id, digest(secret) if good else b"", hint(secret) if good else "")


def _client(place: str, text: str) -> Iterator[Sent]:
    if match := CLIENT_ID.search(text):
        secret = CLIENT_SECRET.search(text)
        yield from _pair(place, match[1], secret[1] if secret else "")


def _body(request: HttpRequest) -> str:
    with suppress(RequestDataTooBig, UnreadablePostError):
        return request.body[:MAX_BYTES].decode("latin-1")
    return ""
