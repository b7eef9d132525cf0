"""The way in of Django's test client: the one that the served product has."""

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse
from django.http.response import ResponseHeaders
from django.test.client import ClientHandler

from config.api_requests import api_requests_first


def _stay_open() -> None:
    """Close no connection."""


class ServedHandler(ClientHandler):
    """Answers as config/wsgi.py does: requests of the API ahead of Django, pages by Django's own handler."""

    def __call__(self, environ: WSGIEnvironment) -> Any:
        request, answers = WSGIRequest(dict(environ)), list[Any]()

        def django(environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
            answers.append(super(ServedHandler, self).__call__(environ))
            return []

        def start_response(status: str, headers: list[tuple[str, str]], *_error: Any) -> Any:
            answer = HttpResponse(status=int(status[:3]))
            answer.headers = ResponseHeaders(dict(headers))
            answer.wsgi_request = request  # type: ignore[attr-defined]  # what Django's client expects of each
            answers.append(answer)

        # The test's own transaction is on this connection; Django's client keeps it open the same way.
        with patch.object(connection, "close_if_unusable_or_obsolete", _stay_open):
            body = b"".join(api_requests_first(django)(environ, start_response))
        answer = answers.pop()
        if body:
            answer.content = body
        return answer
