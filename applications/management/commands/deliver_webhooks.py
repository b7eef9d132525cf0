"""Send events to the callback URLs of applications, until it is told to end."""

import os
import resource
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.module_loading import import_string

from applications.delivery.worker import Worker
from applications.operations.sending import sender
from applications.waits.limits import answer_in_time

LOOK_SECONDS = 0.5
# The one thread that asks the database comes to its turn after each answer; by default it would wait 5 ms for it.
SWITCH_SECONDS = 0.0005
FILES_BESIDE = 64  # that a process has open besides its requests


class Command(BaseCommand):
    help = (
        "Send events to the callback URLs of applications, until told to end (TERM): by threads of this process, or as"
        " a worker of Celery (WEBHOOK_ENGINE). Any number of them share the work, on any number of machines."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--while", type=int, metavar="PID", dest="other", help="end when this process has ended"
        )

    def handle(self, *args: Any, other: int | None = None, **options: Any) -> None:
        answer_in_time()
        connection.close()  # it was opened to look at the migrations, with the limits of a command
        if other is not None:
            threading.Thread(target=_end_with, args=(other,), daemon=True).start()
        if settings.WEBHOOK_ENGINE == "celery":
            import_string("applications.delivery.celery_engine.run")()
        elif settings.WEBHOOK_ENGINE == "threads":
            _deliver_by_threads()
        else:
            raise CommandError(
                f"WEBHOOK_ENGINE is threads or celery, and not “{settings.WEBHOOK_ENGINE}”.", returncode=1
            )


def _end_with(other: int) -> None:
    """Tell this process to end once the other one is gone."""
    try:
        while True:
            os.kill(other, 0)  # asks only
            time.sleep(LOOK_SECONDS)
    except ProcessLookupError:
        os.kill(os.getpid(), signal.SIGTERM)


def _deliver_by_threads() -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    worker = Worker(requests=_most_requests(), send=sender())

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run(grace=settings.WEBHOOK_GRACE_SECONDS)


def _most_requests() -> int:
    """Return how many requests may be under way: each needs a file, of which the system allows so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: int = settings.WEBHOOK_REQUESTS
    needed = max(soft, wanted + FILES_BESIDE)
    allowed = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return max(8, min(wanted, allowed - FILES_BESIDE))
