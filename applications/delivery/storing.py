"""Storing what came of attempts, also where a receiver answered something that no column takes."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from django.db import InterfaceError, OperationalError

from applications.operations.attempts import Attempted, finish_attempts

logger = logging.getLogger(__name__)


def store(attempts: Sequence[Attempted]) -> None:
    """Store them together; raises OperationalError or InterfaceError while the database does not answer.

    Where one of them cannot be stored for another reason, all are stored one by one, and that one as a failure without
    its answer: otherwise it would keep the others from being stored, again and again.
    """
    if not _is_stored(attempts):
        for attempt in attempts:
            if not _is_stored([attempt]):
                bare = replace(attempt, status=None, error="internal", answer_headers=(), answer=b"")
                finish_attempts(attempts=[bare])


def _is_stored(attempts: Sequence[Attempted]) -> bool:
    try:
        finish_attempts(attempts=attempts)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # of any kind: each column has its own
        logger.error("%d attempts cannot be stored as they are", len(attempts), exc_info=error)
        return False
    return True
