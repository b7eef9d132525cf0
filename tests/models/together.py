"""Asking many questions in one statement (models/statements/grouped.py), on the connection of the test."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from psycopg import pq

from applications.models.statements.grouped import Grouped


def together[Question, Found](
    kind: Grouped[Question, Found], questions: Sequence[Question], moment: datetime
) -> list[Found | None]:
    """Return what the store says, question by question; the test may be in a transaction of its own."""
    connection.ensure_connection()
    binary = pq.Format.BINARY
    parameters = kind.parameters(questions, moment)
    result = connection.connection.pgconn.exec_params(
        kind.statement.encode(), parameters, kind.types, [binary] * len(parameters), binary
    )
    assert result.status == pq.ExecStatus.TUPLES_OK, result.error_message
    return kind.read(questions, result, moment)
