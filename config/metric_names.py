"""Every metric of GET /metrics, with its meaning and labels. deploy/grafana/ and deploy/prometheus/ use these names."""

from typing import Final, NamedTuple

from applications.observed import Event
from config.gathering import REQUEST_SECONDS, REQUESTS, STATEMENT_SECONDS


class Described(NamedTuple):
    """What a metric is about, in words, and the names of its labels.

    `from_zero` are values of its one label that are told before anything was counted: Prometheus sees no increase in a
    series that begins with its first number, and an alert on a single burst would miss it.
    """

    meaning: str
    labels: tuple[str, ...] = ()
    from_zero: tuple[str, ...] = ()


COUNTERS: Final = {
    REQUESTS: Described("Requests answered.", ("method", "route", "status")),
    Event.TOKENS_ISSUED: Described("Tokens issued."),
    Event.TOKENS_CHECKED: Described("Good tokens that were used or asked about."),
    Event.REFUSALS: Described(
        "Requests refused, by the reason that the panel gives; unknown_credential where nobody has it.",
        ("reason",),
    ),
    Event.CACHE_ERRORS: Described(
        "Times the cache did not answer, so that requests were counted in the database."
    ),
    Event.USAGE_ROWS_LOST: Described(
        "Rows of usage that were not kept because too many came at once.",
        ("kind",),
        ("addresses", "refusals"),
    ),
}
HISTOGRAMS: Final = {
    REQUEST_SECONDS: Described("Seconds from the last byte of a request to its answer.", ("route",)),
    STATEMENT_SECONDS: Described("Seconds of each database statement.", ("statement",)),
}
WORKERS: Final = "latchkey_workers"
WORKER_MEMORY: Final = "latchkey_worker_memory_bytes"
DATABASE_UP: Final = "latchkey_database_up"
WEBHOOKS_WAITING: Final = "latchkey_webhooks_waiting"
WEBHOOKS_OLDEST: Final = "latchkey_webhooks_oldest_seconds"
LAST_PURGE: Final = "latchkey_last_purge_timestamp_seconds"
GAUGES: Final = {
    WORKERS: Described("Worker processes of this node's server that run."),
    WORKER_MEMORY: Described("Memory of each worker (resident set).", ("pid",)),
    DATABASE_UP: Described("1 where the database answered this request for metrics, else 0."),
    WEBHOOKS_WAITING: Described("Deliveries that are still to be sent, of all nodes."),
    WEBHOOKS_OLDEST: Described("Seconds since the oldest of them was stored; 0 where none waits."),
    LAST_PURGE: Described(
        "When `purge` last came to its end, in seconds since 1970; absent where it never did."
    ),
}
WEBHOOK_ATTEMPTS: Final = "latchkey_webhook_attempts"
OF_DATABASE: Final = {
    WEBHOOK_ATTEMPTS: Described("Requests to receivers of webhooks, of all nodes.", ("outcome",)),
}
