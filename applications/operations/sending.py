"""One attempt: signed, sent, and told as `finish_attempts` stores it. What sends it is named by WEBHOOK_SENDER."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from applications.operations.attempts import Attempted
from applications.operations.deliveries import Job
from applications.operations.webhook_secrets import SigningSecrets, signed_headers, signing_secrets

logger = logging.getLogger(__name__)

JSON: Final = "application/json"


class Answer(Protocol):
    """What came back, as delivery/sender.py says it."""

    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    milliseconds: int
    error: str
    retry_after: int | None
    peer: str


class Send(Protocol):
    """How a request is sent: within 10 seconds, and what fails is an answer too."""

    def __call__(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


def sender() -> Send:
    """Return what sends: the operations know no HTTP."""
    found: Send = import_string(settings.WEBHOOK_SENDER)
    return found


def secrets_of(jobs: Sequence[Job], at: datetime) -> SigningSecrets:
    """Return what signs these jobs at a time, in two questions for all."""
    return signing_secrets(application_ids={job.application_pk for job in jobs}, at=at)


def headers_of(job: Job, at: datetime, secrets: SigningSecrets | None = None) -> dict[str, str] | None:
    """Return the headers of an attempt that begins at `at`; None, with a line in the log, where it cannot be signed.

    `secrets` are of `secrets_of`, where there are many jobs.
    """
    try:
        signed = signed_headers(
            application_id=job.application_pk, webhook_id=job.key, at=at, body=job.body, secrets=secrets
        )
    except ValueError as error:  # a secret that no key of the settings opens, for one
        logger.error("delivery %s cannot be signed", job.key, exc_info=error)
        return None
    return {"content-type": JSON, **signed}


def attempt(send: Send, job: Job, headers: Mapping[str, str], at: datetime) -> Attempted:
    """Send a job and return what came of it; this asks nothing of the database."""
    answer = send(url=job.url, body=job.body, headers=headers)
    return Attempted(
        delivery_pk=job.delivery_pk,
        webhook_pk=job.webhook_pk,
        lease=job.lease,
        at=at,
        url=job.url,
        headers=tuple(headers.items()),
        status=answer.status,
        error=answer.error,
        milliseconds=answer.milliseconds,
        answer_headers=answer.headers,
        answer=answer.body,
        retry_after=answer.retry_after,
        peer=answer.peer,
    )


def not_sent(job: Job, at: datetime, error: str) -> Attempted:
    """Return the attempt that could not be made, for the reason `error`."""
    return Attempted(
        delivery_pk=job.delivery_pk,
        webhook_pk=job.webhook_pk,
        lease=job.lease,
        at=at,
        url=job.url,
        headers=(),
        status=None,
        error=error,
        milliseconds=0,
        answer_headers=(),
        answer=b"",
        retry_after=None,
        peer="",
    )
