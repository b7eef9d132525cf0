"""The engine of many machines: Celery carries attempts, by Redis, Valkey or RabbitMQ (WEBHOOK_BROKER_URL).

A message holds the key of a delivery and nothing else; the row is the truth. Each worker also looks for what is due and
sends messages about it, so that nothing is lost with a broker: what it lost is due again when its reservation is over.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error, InterfaceError, connections
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from applications.delivery.storing import store
from applications.operations.attempts import Attempted
from applications.operations.deliveries import (
    LEASE,
    Job,
    begin_attempt,
    claim_deliveries,
    release_deliveries,
)
from applications.operations.redelivery import carry_on_redelivery
from applications.operations.sending import attempt, headers_of, not_sent, sender

logger = logging.getLogger(__name__)

# Receivers that are not known to answer have a queue of their own, so that others do not wait behind them.
ANSWERING: Final = "webhooks"
DOUBTFUL: Final = "webhooks-doubtful"
RESERVED_AT_ONCE: Final = 64
LOOK_SECONDS: Final = 0.5
WAIT_SECONDS: Final = 2.0  # while the database or the broker does not answer
THREADS: Final = 32  # of the worker that `deliver_webhooks` starts; each keeps a connection to the database
SOCKET: Final = {"socket_timeout": 5, "socket_connect_timeout": 5}  # seconds

app = Celery("latchkey", broker=settings.WEBHOOK_BROKER_URL)
app.conf.update(
    task_queues={ANSWERING: {}, DOUBTFUL: {}},
    task_default_queue=ANSWERING,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=5,
    broker_transport_options={} if settings.WEBHOOK_BROKER_URL.startswith("amqp") else SOCKET,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
)


def carry(delivery_pk: int) -> None:
    """Make one attempt, unless another message about it came first."""
    job = begin_attempt(delivery_pk=delivery_pk)
    if job is not None:
        _store(_attempt(job))
        reserve()


deliver: Any = app.task(name="latchkey.deliver")(carry)


def _attempt(job: Job) -> Attempted:
    at = now()
    headers = headers_of(job, at)
    return not_sent(job, at, "signing") if headers is None else attempt(sender(), job, headers, at)


def _store(came: Attempted) -> None:
    """Store what came; where the database does not answer, try until the lease is over: then it is sent again."""
    until = time.monotonic() + LEASE.total_seconds()
    while not _answered(lambda: store([came])) and time.monotonic() < until:
        time.sleep(WAIT_SECONDS)


def _answered(ask: Callable[[], Any]) -> bool:
    """Whether the database did what it was asked; a line in the log where it did not answer."""
    try:
        ask()
    except (Error, InterfaceError) as error:
        logger.error("the store does not answer: deliveries wait", exc_info=error)
        connections.close_all()
        return False
    return True


def reserve() -> int:
    """Reserve what is due and send messages about it; return how many. What cannot be sent is released."""
    jobs = claim_deliveries(most=RESERVED_AT_ONCE, most_doubtful=RESERVED_AT_ONCE // 2, begin=False)
    for number, job in enumerate(jobs):
        queue = DOUBTFUL if job.is_doubtful else ANSWERING
        try:
            deliver.apply_async((job.delivery_pk,), queue=queue, retry=False)
        except (OperationalError, OSError):
            release_deliveries(jobs=jobs[number:])
            raise
    return len(jobs)


class Scan:
    """The thread of a worker that looks for what is due."""

    def __init__(self) -> None:
        self.ending = threading.Event()

    def start(self, **_about: Any) -> None:
        """Begin, when the worker is ready."""
        self.ending.clear()
        threading.Thread(target=self._run, name="webhook-scan", daemon=True).start()

    def stop(self, **_about: Any) -> None:
        """End, when the worker ends."""
        self.ending.set()

    def _run(self) -> None:
        seconds = 0.0
        while not self.ending.wait(seconds):
            seconds = self._look()
        connections.close_all()

    def _look(self) -> float:
        """Send messages about what is due; return how long to wait before the next look, in seconds."""
        found: list[int] = []
        try:
            if not _answered(lambda: found.append(reserve())):
                return WAIT_SECONDS
        except (OperationalError, OSError) as error:
            logger.error("the broker does not answer: deliveries wait in the database", exc_info=error)
            return WAIT_SECONDS
        _answered(carry_on_redelivery)
        return 0.0 if found[0] >= RESERVED_AT_ONCE else LOOK_SECONDS


scan = Scan()
worker_ready.connect(scan.start)
worker_shutting_down.connect(scan.stop)


def run() -> None:
    """Be a worker of Celery in this process, until it is told to end."""
    app.worker_main(
        [
            "worker",
            "--pool=threads",
            f"--concurrency={THREADS}",
            f"--queues={ANSWERING},{DOUBTFUL}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
