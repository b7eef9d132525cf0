"""GET /metrics: all figures of this node for Prometheus, from METRICS_ALLOWED networks only."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from applications.authentication.address import client_address, is_trusted_proxy
from applications.models import AttemptCount
from applications.models.deliveries import waiting
from applications.models.purges import last_purge
from applications.rules.networks import Networks, parse_network
from config import metric_names as names
from config.gathering import gatherer
from config.metric_names import Described
from config.shared_totals import memory_of
from config.totals import Histogram, Totals

# What a proxy adds: from one that is not in TRUSTED_PROXIES, the peer's address is not the client's.
OF_PROXIES = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")
REFUSED = (
    "METRICS_ALLOWED does not name the address that this request comes from, or TRUSTED_PROXIES its proxy.\n"
)
PLAIN = "text/plain; charset=utf-8"


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the text format of Prometheus, or 403; also while the database does not answer."""
    if not _is_allowed(request):
        return HttpResponse(REFUSED, PLAIN, status=403)
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("Use GET.\n", PLAIN, status=405, headers={"Allow": "GET, HEAD"})
    registry = CollectorRegistry()
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), CONTENT_TYPE_LATEST)


def _is_allowed(request: HttpRequest) -> bool:
    if not is_trusted_proxy(request.META["REMOTE_ADDR"]) and any(name in request.META for name in OF_PROXIES):
        return False
    with suppress(BadRequest):
        return client_address(request) in _networks(tuple(settings.METRICS_ALLOWED))
    return False


@lru_cache(maxsize=8)
def _networks(allowed: tuple[str, ...]) -> Networks:
    return Networks(parse_network(network) for network in allowed)


class Figures(Collector):
    """Collects the figures at the moment they are asked for."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric: of the workers together, of their processes, and of the database."""
        totals = gatherer.together()
        yield from _counters(totals)
        yield from _histograms(totals)
        yield from _of_workers(gatherer.shared.workers())
        try:
            found = list(_of_database())
        except Error:
            found = []
        yield from found
        yield _gauge(names.DATABASE_UP, {(): float(bool(found))})

    def describe(self) -> list[Metric]:
        """Return nothing: registering must not collect."""
        return []


def _counters(totals: Totals) -> Iterator[Metric]:
    for name, described in names.COUNTERS.items():
        family = CounterMetricFamily(name, described.meaning, labels=described.labels)
        zeros = [(value,) for value in described.from_zero] if described.labels else [()]
        held = {(name, *labels): 0 for labels in zeros} | totals.counters
        for series, number in _of(name, held):
            family.add_metric(series, number)
        yield family


def _histograms(totals: Totals) -> Iterator[Metric]:
    for name, described in names.HISTOGRAMS.items():
        family = HistogramMetricFamily(name, described.meaning, labels=described.labels)
        histogram: Histogram
        for series, histogram in _of(name, totals.histograms):
            family.add_metric(series, list(histogram.cumulative()), histogram.seconds)
        yield family


def _of[Value](name: str, held: Mapping[tuple[str, ...], Value]) -> Iterator[tuple[list[str], Value]]:
    """Yield the values of a metric's labels, and what is held for them."""
    for (of, *labels), value in sorted(held.items(), key=lambda item: item[0]):
        if of == name:
            yield labels, value


def _of_workers(workers: list[int]) -> Iterator[Metric]:
    yield _gauge(names.WORKERS, {(): len(workers)})
    yield _gauge(names.WORKER_MEMORY, {(str(pid),): memory_of(pid) for pid in workers})


def _of_database() -> Iterator[Metric]:
    queue, moment = waiting(), now()
    yield _gauge(names.WEBHOOKS_WAITING, {(): queue.number})
    oldest = max(0.0, (moment - queue.oldest).total_seconds()) if queue.oldest else 0.0
    yield _gauge(names.WEBHOOKS_OLDEST, {(): oldest})
    purged = last_purge()
    yield _gauge(names.LAST_PURGE, {(): purged.timestamp()} if purged else {})
    family = _family(CounterMetricFamily, names.WEBHOOK_ATTEMPTS, names.OF_DATABASE[names.WEBHOOK_ATTEMPTS])
    for outcome, number in AttemptCount.by_outcome().items():
        family.add_metric([outcome], number)
    yield family


def _gauge(name: str, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = _family(GaugeMetricFamily, name, names.GAUGES[name])
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _family[Family: CounterMetricFamily | GaugeMetricFamily](
    kind: type[Family], name: str, described: Described
) -> Family:
    return kind(name, described.meaning, labels=described.labels)
