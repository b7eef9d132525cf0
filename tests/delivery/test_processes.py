"""Workers as real processes on one database: they share the work, die, and lose nothing; by threads and by Celery."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection, connections

from applications.models import Account, Application, Delivery, DeliveryAttempt, Webhook
from applications.models.deliveries import State, database_time
from applications.operations.deliveries import Job, claim_deliveries
from tests.brokers import Broker
from tests.factories import make_account, make_application
from tests.servers import ROOT, stop
from tests.webhooks import Receiver, hand_over, receiver, set_url

type Start = Callable[..., subprocess.Popen[bytes]]

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def loopback(settings: object) -> None:
    settings.CALLBACK_INSECURE = True  # type: ignore[attr-defined]  # so that receivers on this machine are taken


@pytest.fixture
def account(transactional_db: None) -> Account:
    return make_account()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts workers on the test's own database; those that are left at the end are ended."""
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"]
    environment = {
        **os.environ,
        "DATABASE_URL": url.replace(urlsplit(url).path, f"/{name}", 1),
        "DJANGO_SETTINGS_MODULE": "tests.served_settings",
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "of-the-tests-and-of-nothing-else",
        "CALLBACK_INSECURE": "true",
    }
    with ExitStack() as ends, (tmp_path / "workers.log").open("wb") as log:

        def started(**more: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "deliver_webhooks"],
                cwd=ROOT,
                env=environment | more,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            ends.callback(stop, process)
            return process

        yield started


def make_receivers(account: Account, ends: ExitStack, number: int, **options: float) -> list[Receiver]:
    """So many applications, each with a receiver of its own."""
    found = []
    for each in range(number):
        application = make_application(account, name=f"Shop {each}")[0]
        found.append(ends.enter_context(receiver(**options)))
        set_url(application, found[-1].url)
    return found


def hand_over_to_all(rounds: int, objects: int = 120) -> None:
    """As many deliveries for each application; two of them are too large to be sent as one."""
    for application in Application.objects.all():
        for number in range(rounds):
            hand_over(application, *({"msgId": f"{number}-{each}"} for each in range(objects)))


def wait_for(done: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, list(
            Delivery.objects.values("state", "attempts", "error", "lease")[:5]
        )
        time.sleep(0.05)


def all_delivered() -> bool:
    return not Delivery.objects.exclude(state=State.DELIVERED).exists()


def test_two_workers_share_the_work_and_one_dies(account: Account, start: Start) -> None:
    with ExitStack() as ends:
        receivers = make_receivers(account, ends, 3, delay=0.1)
        hand_over_to_all(rounds=10)
        dies, lives = start(), start()
        wait_for(lambda: sum(len(each.got) for each in receivers) > 6)
        dies.kill()
        dies.wait()
        Delivery.objects.filter(lease__isnull=False).update(
            next_attempt_at=database_time() - timedelta(seconds=1)
        )
        wait_for(all_delivered)
        hand_over_to_all(rounds=1)
        lives.terminate()
        assert lives.wait(15) == 0
    check_nothing_lost(receivers, deliveries=10)


def check_nothing_lost(receivers: list[Receiver], deliveries: int) -> None:
    """Every delivery came, at least once, with its id; never more than four at once; one attempt a lease."""
    came = Counter(key for each in receivers for key, _body in each.got)
    stored = set(Delivery.objects.filter(state=State.DELIVERED).values_list("key", flat=True))
    assert stored <= set(came)
    assert len(stored) >= deliveries * len(receivers)
    assert max(each.most_at_once for each in receivers) <= 8, "4, and those whose worker was killed"
    assert (
        DeliveryAttempt.objects.values("delivery", "number").distinct().count()
        == DeliveryAttempt.objects.count()
    )


def test_many_that_look_at_once_lease_each_delivery_once(account: Account) -> None:
    for number in range(3):
        set_url(make_application(account, name=f"Shop {number}")[0])
    hand_over_to_all(rounds=8)
    Webhook.objects.update(succeeded_at=database_time())
    began = threading.Barrier(8)

    def claim(_number: int) -> list[Job]:
        began.wait()
        try:
            return [job for _try in range(3) for job in claim_deliveries(most=100, most_doubtful=100)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        jobs = [job for claimed in pool.map(claim, range(8)) for job in claimed]
    assert len({job.delivery_pk for job in jobs}) == len(jobs)
    assert set(Counter(job.webhook_pk for job in jobs).values()) == {4}


def workers_of_celery(start: Start, broker: Broker, number: int) -> list[subprocess.Popen[bytes]]:
    return [start(WEBHOOK_ENGINE="celery", WEBHOOK_BROKER_URL=broker.url) for _worker in range(number)]


def test_celery_on_rabbitmq(account: Account, start: Start, tmp_path: Path) -> None:
    broker = Broker("rabbitmq", tmp_path)
    with ExitStack() as ends:
        ends.callback(broker.stop)
        receivers = make_receivers(account, ends, 2)
        workers_of_celery(start, broker, 1)  # which waits for its broker
        broker.start()
        hand_over_to_all(rounds=3)
        wait_for(all_delivered)
        check_nothing_lost(receivers, deliveries=3)


def test_two_workers_of_celery_and_a_broker_that_goes_and_comes(
    account: Account, start: Start, tmp_path: Path
) -> None:
    broker = Broker("redis", tmp_path)
    with ExitStack() as ends:
        ends.callback(broker.stop)
        receivers = make_receivers(account, ends, 3)
        broker.start()
        workers = workers_of_celery(start, broker, 2)
        hand_over_to_all(rounds=3)
        wait_for(all_delivered)
        check_nothing_lost(receivers, deliveries=3)
        broker.stop()
        hand_over_to_all(rounds=1)
        time.sleep(0.5)
        assert not all_delivered(), "they wait in the database"
        broker.start()
        Delivery.objects.filter(lease__isnull=False).update(
            next_attempt_at=database_time() - timedelta(seconds=1)
        )
        wait_for(all_delivered)
        workers[0].terminate()
        assert workers[0].wait(15) == 0
