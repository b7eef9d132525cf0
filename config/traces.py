"""Traces of requests by OpenTelemetry, where TRACES is on and requirements-traces.txt is installed (decision 0040)."""

import os
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.core.exceptions import ImproperlyConfigured

from config.routes import route_of

PATH, QUERY = "PATH_INFO", "QUERY_STRING"
KEPT = "latchkey.kept"  # path and query, while the library looks at the request
ANSWER = "latchkey.answer"  # the body, which the library does not touch: a stream goes on in another thread


def traced(
    application: WSGIApplication, instrument: Callable[[WSGIApplication], WSGIApplication]
) -> WSGIApplication:
    """Return `application` with a span for each request, that knows its route and neither its path nor its query.

    Both can hold what opens something, the links of mails for one, and spans leave this machine.
    """

    def restored(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[PATH], environ[QUERY] = environ.pop(KEPT)
        environ[ANSWER] = application(environ, start_response)
        return ()

    spanned = instrument(restored)

    def hidden(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[KEPT] = environ[PATH], environ[QUERY]
        environ[PATH], environ[QUERY] = f"/{route_of(environ[PATH]).lstrip('/')}", ""
        for _nothing in spanned(environ, start_response):  # to its end, which is that of the span
            pass
        answer: Iterable[bytes] = environ.pop(ANSWER)
        return answer

    return hidden


def opentelemetry(application: WSGIApplication) -> WSGIApplication:
    """Return `application` under the library's own middleware, which sends spans as OTEL_EXPORTER_OTLP_… say.

    Raises ImproperlyConfigured where the library is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ImproperlyConfigured(
            "TRACES is on: install requirements-traces.txt, or switch it off."
        ) from None
    os.environ.setdefault("OTEL_SERVICE_NAME", "latchkey")
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    middleware: WSGIApplication = OpenTelemetryMiddleware(application, tracer_provider=provider)
    return middleware
