"""Tasks (django.tasks) that run in this process once the request is answered: mails, so far.

A thread of the process and a queue, because a mail is due at once, is rare, and can be asked for again: nothing that
would be worth a table and a process of its own. What fails is in the log; what waits when the process ends is done
first.
"""

import atexit
import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connections
from django.tasks.backends.immediate import ImmediateBackend
from django.tasks.base import TaskResult

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
SECONDS_AT_THE_END = 4.0  # less than the server gives its processes to end

type Job = Callable[[], None]


class Worker:
    """One thread, started at the first job, so that a server which forks has one in each process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.jobs: queue.Queue[Job] = queue.Queue(MAX_WAITING)
        self.thread: threading.Thread | None = None

    def add(self, job: Job) -> None:
        """Let a job be done soon; where too many wait it is dropped, and the log says so."""
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, name="background", daemon=True)
                self.thread.start()
        try:
            self.jobs.put_nowait(job)
        except queue.Full:
            logger.exception("%d tasks wait already; one was dropped", MAX_WAITING)

    def finish(self, seconds: float = SECONDS_AT_THE_END) -> None:
        """Wait until every job is done, for at most so many seconds."""
        deadline = time.monotonic() + seconds
        while self.jobs.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.02)
        if left := self.jobs.unfinished_tasks:
            logger.error("the process ends, and %d tasks were not done", left)

    def _run(self) -> None:
        while True:
            job = self.jobs.get()
            try:
                job()
            except Exception:  # otherwise the thread would end, and no later job would be done
                logger.exception("a task failed")
            finally:
                connections.close_all()
                self.jobs.task_done()


worker = Worker()
atexit.register(worker.finish)


class ThreadBackend(ImmediateBackend):
    """Django's backend that runs a task where it is asked for, but in the worker's thread."""

    def _execute_task(self, task_result: "TaskResult[..., Any]") -> None:
        worker.add(lambda: super(ThreadBackend, self)._execute_task(task_result))  # type: ignore[misc]  # not in the stubs
