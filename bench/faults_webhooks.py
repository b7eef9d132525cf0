"""A worker of webhooks that is killed while it delivers."""

from collections.abc import Iterator
from contextlib import ExitStack

from bench.faults_stage import Row, Stage
from bench.webhooks import Bench, killed

KILLS, DELIVERIES = 1, 1500


def killed_deliverers(stage: Stage) -> Iterator[Row]:
    """Kill a worker with -9 while it delivers. Comes last: from here on this process is one of Django's."""
    folder = stage.folder / "webhooks"
    folder.mkdir()
    with ExitStack() as stack:
        found = killed(Bench(stack, folder), KILLS, DELIVERIES)
    yield Row(
        "webhook worker killed (-9) mid-delivery",
        "delivered at least once, same id, no event lost",
        f"{found.deliveries:,} deliveries: {found.lost} lost, {found.double} came again with the same id",
        not found.lost,
    )
