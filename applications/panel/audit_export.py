"""The audit log as a file: CSV and JSON lines, read and sent a few rows at a time (docs/decisions/0021)."""

import csv
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC
from io import StringIO
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import get_language, override

from applications.models import Account, AuditEvent
from applications.models.audit import AuditQuerySet
from applications.panel.audit_log import Row, names, rows_of

logger = logging.getLogger(__name__)

AT_A_TIME = 500  # rows in memory
BROKE_OFF = "This export broke off: rows are missing from here on. Export again."
COLUMNS = [
    "id", "time", "who", "who_kind", "who_name", "action", "application_id", "target", "what_happened", "changes",
    "address", "request_id",
]  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a spreadsheet would compute
CSV, JSON_LINES = "csv", "jsonl"
TYPES = {CSV: "text/csv; charset=utf-8", JSON_LINES: "application/x-ndjson; charset=utf-8"}

type Write = Callable[[list[dict[str, Any]]], str]


def export(account: Account, events: AuditQuerySet, kind: str) -> StreamingHttpResponse:
    """Return an answer that is made while it is sent: all of `events`, the newest first.

    Each few rows are a query of their own, so no transaction is open while a client reads slowly. Rows that are
    added meanwhile have higher keys and are left out.
    """
    write: Write = {CSV: _csv, JSON_LINES: _json_lines}[kind]
    name = f"audit-log-{slugify(account.name) or account.pk}-{localdate().isoformat()}.{kind}"
    return StreamingHttpResponse(
        _pieces(account, events, write, get_language()),
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(account: Account, events: AuditQuerySet, write: Write, language: str | None) -> Iterator[str]:
    """The head, then a piece for each few rows. An error is logged, and said where the rows end.

    The answer's status is long sent by then, so the file itself is the only place to say it.
    """
    yield write([])
    try:
        for some in _batches(events):
            with override(language):
                rows = rows_of(some, names(account, some), UTC)
                yield write([_facts(row) for row in rows])
    except Exception:
        logger.exception("the export of account %s broke off", account.pk)
        yield write([{"what_happened": BROKE_OFF}])


def _batches(events: AuditQuerySet) -> Iterator[list[AuditEvent]]:
    some = events.page(AT_A_TIME)
    while some.rows:
        yield some.rows
        if some.older is None:
            return
        some = events.page(AT_A_TIME, before=some.older)


def _facts(row: Row) -> dict[str, Any]:
    event = row.event
    changes = [{"what": fact.label, "before": fact.before, "after": fact.after} for fact in row.facts]
    return {
        "id": event.pk,
        "time": event.created_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "who": event.actor,
        "who_kind": event.actor_kind,
        "who_name": row.who,
        "action": event.action,
        "application_id": event.application_id,
        "target": event.target,
        "what_happened": row.text,
        "changes": changes,
        "address": event.ip,
        "request_id": event.request_id,
    }


def _json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]]) -> str:
    """Lines of CSV (RFC 4180); the heading, after the mark by which spreadsheets know UTF-8, for no rows."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    if not rows:
        writer.writerow(COLUMNS)
        return "\ufeff" + out.getvalue()
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = "; ".join(_change(**change) for change in value)
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _change(what: str, before: str | None, after: str) -> str:
    return f"{what}: {after}" if before is None else f"{what}: {before} → {after}"
