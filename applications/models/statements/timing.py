"""How long statements of Django's cursors take, for metrics; running.py times its own."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db import connection

from applications import observed


def timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement and note its seconds, also where it fails (a wrapper of Django's, `execute_wrapper`)."""
    started = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        observed.statements.append((sql, perf_counter() - started))


def time_statements() -> None:
    """Time every statement of this thread's connection from now on."""
    if timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(timed)
