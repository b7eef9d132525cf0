"""Traces: the library's own middleware makes a span a request, which names the route and nothing secret."""

import sys
from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from django.core.exceptions import ImproperlyConfigured
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config.traces import opentelemetry, traced

VALUE = "0123456789abcdef0123456789abcdef01234567"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Pieces:
    """An answer of unknown length, as Django makes for an export."""

    streaming = True

    def __iter__(self) -> Iterable[bytes]:
        return iter([b"one", b"two"])


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def spanned(application: WSGIApplication, exporter: InMemorySpanExporter) -> WSGIApplication:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return traced(application, lambda inner: OpenTelemetryMiddleware(inner, tracer_provider=provider))


def environ_of(path: str, query: str = "") -> WSGIEnvironment:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "latchkey.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_AUTHORIZATION": f"Bearer {VALUE}",
        "HTTP_TRACEPARENT": f"00-{TRACE}-b7ad6b7169203331-01",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def answered(
    path: str, exporter: InMemorySpanExporter, query: str = "", body: object = (b"done",)
) -> tuple[object, list[str], ReadableSpan]:
    """Return the body and what the application was asked for, with the span."""
    seen: list[str] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.extend([environ["PATH_INFO"], environ["QUERY_STRING"]])
        start_response("200 OK", [])
        return body  # type: ignore[return-value]  # the object itself has to come out again

    came = spanned(application, exporter)(environ_of(path, query), lambda *_head: lambda _part: None)
    (span,) = exporter.get_finished_spans()
    return came, seen, span


def test_a_span_is_part_of_the_clients_trace(exporter: InMemorySpanExporter) -> None:
    _came, _seen, span = answered("/account", exporter)
    assert span.name == "GET /account"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.attributes
    assert 200 in span.attributes.values()


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        (f"/applications/{VALUE}", "", "GET /applications/<str:application_id>"),
        (f"/panel/sign-in/new-password/1-{VALUE}/", "", "GET /panel/sign-in/new-password/"),
        ("/account", f"token={VALUE}", "GET /account"),
        (f"/{VALUE}", "", "GET /none"),
    ],
)
def test_a_span_has_neither_path_nor_query_nor_credential(
    path: str, query: str, name: str, exporter: InMemorySpanExporter
) -> None:
    _came, seen, span = answered(path, exporter, query)
    assert span.name.startswith(name)
    assert VALUE not in span.to_json()
    assert seen == [path, query]


@pytest.mark.parametrize("body", [[b"done"], Pieces()])
def test_the_answer_is_the_applications_own(body: object, exporter: InMemorySpanExporter) -> None:
    """An export is sent in pieces, long after the span has ended."""
    came, _seen, _span = answered("/account", exporter, body=body)
    assert came is body


def test_an_error_passes_and_is_in_the_span(exporter: InMemorySpanExporter) -> None:
    def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise KeyError("lost")

    with pytest.raises(KeyError):
        spanned(broken, exporter)(environ_of("/account"), lambda *_head: lambda _part: None)
    (span,) = exporter.get_finished_spans()
    assert not span.status.is_ok


def test_without_the_library_the_start_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.wsgi", None)
    with pytest.raises(ImproperlyConfigured, match=r"install requirements-traces\.txt"):
        opentelemetry(lambda _environ, _start_response: [])
