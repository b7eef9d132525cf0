"""What tests of webhooks begin with: a URL that is set, events that came in, and receivers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from applications.models import Application, Delivery, ResourceServer
from applications.models.deliveries import database_time
from applications.operations.actors import OPERATOR
from applications.operations.attempts import Attempted
from applications.operations.deliveries import Job
from applications.operations.events import Received, receive_events
from applications.operations.message_settings import update_message_settings
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from applications.rules.webhook_events import EventBatch, Route
from tests.servers import Listener

URL = "https://hooks.example.com/dlr"


def set_url(application: Application, url: str = URL, setting: str = "sms_dlr_callback") -> None:
    update_message_settings(application=application, changes={setting: url}, actor=OPERATOR)


def make_server() -> ResourceServer:
    found = ResourceServer.objects.first()
    return found or create_resource_server(name=Name("Of the tests"), actor=OPERATOR)[0]


def hand_over(
    application: Application, *data: Mapping[str, Any], event: str = "dlr_update", channel: str = "sms"
) -> Received:
    """Let a resource server hand over these objects; one of its own where none are given."""
    batch = EventBatch(application.application_id, Route(event, channel), data or ({"msgId": "1"},))
    return receive_events(server_pk=make_server().pk, batch=batch, body=b"")


def only() -> Delivery:
    """The one delivery there is."""
    return Delivery.objects.get()


def came(job: Job, status: int | None = 200, error: str = "", **more: Any) -> Attempted:
    """What came of a job, as a worker tells it."""
    values: dict[str, Any] = {"answer_headers": (("X-A", "b"),), "answer": b"{}", "retry_after": None}
    values |= {"peer": "203.0.113.80:443", **more}
    return Attempted(
        delivery_pk=job.delivery_pk,
        webhook_pk=job.webhook_pk,
        lease=job.lease,
        at=database_time(),
        url=job.url,
        headers=(("webhook-id", job.key),),
        status=status,
        error=error,
        milliseconds=12,
        **values,
    )


@dataclass
class Answered:
    """An answer as delivery/sender.py has it."""

    status: int | None = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"{}"
    milliseconds: int = 7
    error: str = ""
    retry_after: int | None = None
    peer: str = "203.0.113.80:443"


def answer_at_once(**_request: Any) -> Answered:
    """Send nothing: a receiver took it (for WEBHOOK_SENDER)."""
    return Answered()


@dataclass
class Receiver:
    """A receiver of webhooks on loopback: what it got, and what it answers."""

    url: str = ""
    status: int = 200
    delay: float = 0.0
    got: list[tuple[str, bytes]] = field(default_factory=list)
    most_at_once: int = 0


@contextmanager
def receiver(**options: Any) -> Iterator[Receiver]:
    """Serve one for as long as the block runs."""
    ours, lock, now = Receiver(**options), threading.Lock(), [0]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                now[0] += 1
                ours.most_at_once = max(ours.most_at_once, now[0])
                ours.got.append((self.headers["webhook-id"], body))
            threading.Event().wait(ours.delay)
            with lock:
                now[0] -= 1
            self.send_response(ours.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = Listener(("127.0.0.1", 0), Handler)
    ours.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield ours
    finally:
        server.shutdown()
        server.server_close()
