"""Webhooks: events taken in, deliveries sent, memory, kills and dead receivers: `python -m bench.webhooks`.

One PostgreSQL (fsync on) of its own, real workers (`deliver_webhooks`), receivers on 127.0.0.1. README.md says what is
measured.
"""

import argparse
import base64
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

from bench.load import Request, drive
from tests.postgres import postgres
from tests.servers import ROOT, Served, free_port, stop, wait_until_answering

CHANNEL, EVENT, SETTING = "sms", "dlr_update", "sms_dlr_callback"
TOO_MANY_TO_MERGE = 101  # objects: two such deliveries are more than 200


class Bench:
    """A database with applications, the product served on it, and a receiver."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.environment: dict[str, Any] = {
            "DATABASE_URL": stack.enter_context(postgres(durable=True)),
            "ENV_FILE": os.devnull,
            "CALLBACK_INSECURE": "true",
            "RATE_LIMIT": "0",
            "LOG_LEVEL": "ERROR",
            "APPLICATIONS_PER_ACCOUNT": "0",
            "SECRET_KEY": secrets.token_hex(),
        }
        self.stack, self.folder = stack, folder
        os.environ.update(self.environment)
        self.served = Served(folder, **self.environment)
        stack.callback(self.served.stop)
        os.environ["DATABASE_URL"] = self.environment["DATABASE_URL"] = self.served.environment[
            "DATABASE_URL"
        ]
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.served_settings"
        django.setup()
        self.served.manage("create_account", "Bench", "--owner", "owner@bench.example")
        self.receiver = self.start_receiver()

    def start_receiver(self) -> str:
        port = free_port()
        process = subprocess.Popen([sys.executable, "-m", "bench.receivers", str(port)], cwd=ROOT)
        self.stack.callback(stop, process)
        url = f"http://127.0.0.1:{port}/"
        wait_until_answering(url, process)
        return url

    def told(self) -> dict[str, Any]:
        """What the receiver got since the last time."""
        with urllib.request.urlopen(self.receiver, timeout=30) as response:
            found: dict[str, Any] = json.loads(response.read())
        return found

    def application(self, name: str, url: str) -> str:
        """Make an application with this URL; return its ID."""
        from applications.models import Account, Scope
        from applications.models.applications import Lifetime
        from applications.operations.actors import OPERATOR
        from applications.operations.applications import create_application
        from applications.operations.message_settings import update_message_settings
        from applications.rules.names import Name

        made, _secret = create_application(
            account=Account.objects.get(),
            name=Name(name),
            lifetime=Lifetime.DAY,
            scopes=Scope.objects.filter(name="sms"),
            actor=OPERATOR,
        )
        update_message_settings(application=made, changes={SETTING: url}, actor=OPERATOR)
        return made.application_id

    def hand_over(self, application_id: str, objects: int = 1) -> None:
        """Let a resource server hand over events, in this process."""
        from applications.operations.events import receive_events
        from applications.rules.webhook_events import EventBatch, Route

        data = tuple({"msgId": secrets.token_hex(8), "at": time.time()} for _each in range(objects))
        receive_events(
            server_pk=0, batch=EventBatch(application_id, Route(EVENT, CHANNEL), data), body=b"", key=None
        )

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker for as long as the block does."""
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "deliver_webhooks"],
                cwd=ROOT,
                env=dict(os.environ),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process
        finally:
            stop(process)

    def wait_until_delivered(self, seconds: float) -> None:
        from applications.models import Delivery

        until = time.monotonic() + seconds
        while Delivery.objects.waiting().exists():
            if time.monotonic() > until:
                raise SystemExit(f"{Delivery.objects.waiting().count()} deliveries still wait.")
            time.sleep(0.05)


def memory_of(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of a process, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


# --- What is measured ---------------------------------------------------------------------------


def events_in(bench: Bench, seconds: int) -> None:
    """POST /events with one object, and with a hundred, over 16 connections."""
    made = json.loads(bench.served.manage("create_resource_server", "Bench", "--json"))
    pair = f"{made['resource_server_id']}:{made['resource_server_secret']}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "Content-Type": "application/json",
    }
    application_id = bench.application("In", bench.receiver)
    for objects in (1, 100):
        body: dict[str, Any] = {"applicationId": application_id, "channel": CHANNEL, "event": EVENT}
        body |= {"data": [{"msgId": f"{number:032d}", "status": "DELIVERED"} for number in range(objects)]}
        request = Request(f"{bench.served.url}/events", 202, "POST", headers, json.dumps(body))
        load = drive(request, seconds)
        rate = load.requests / load.seconds
        told = f"{rate * objects:,.0f} events/s ({rate:,.0f} requests/s, p99 {load.p99:.0f} ms, {load.failed} failed)"
        print(f"| events in, {objects} a request | {told} |")


def deliveries_out(bench: Bench, number: int) -> None:
    """Deliveries a second of one worker to ten URLs, beside a loop that does nothing but send."""
    from applications.delivery.sender import send
    from applications.models import Delivery
    from applications.rules.webhook_events import body_of

    ids = [bench.application(f"Out {each}", f"{bench.receiver}{each}") for each in range(10)]
    for application_id in ids:
        bench.hand_over(application_id)
    with bench.worker():
        bench.wait_until_delivered(60)
    for each in range(number):
        bench.hand_over(ids[each % 10], TOO_MANY_TO_MERGE)
    one = Delivery.objects.waiting()[0]
    body, began = body_of(one.event, one.data), time.monotonic()
    for _each in range(500):
        send(url=bench.receiver, body=body, headers={"content-type": "application/json"})
    bare = 500 / (time.monotonic() - began)
    with bench.worker():
        wait_for_first(bench)
        left, began = Delivery.objects.waiting().count(), time.monotonic()
        bench.wait_until_delivered(300)
        rate = left / (time.monotonic() - began)
    beside = f"a bare loop {bare:,.0f}/s: {rate / bare:.2f}×"
    print(f"| deliveries out, {TOO_MANY_TO_MERGE} objects each | {rate:,.0f}/s; {beside} |")


def wait_for_first(bench: Bench) -> None:
    bench.told()
    while not bench.told()["requests"]:
        time.sleep(0.02)


def memory(bench: Bench, number: int) -> None:
    """The memory of a worker while so many events pass."""
    application_id = bench.application("Memory", bench.receiver)
    seen = []
    with bench.worker() as worker:
        began = time.monotonic()
        for step in range(10):
            for _each in range(number // 10 // 50):
                bench.hand_over(application_id, 50)
            bench.wait_until_delivered(300)
            seen.append((number * (step + 1) // 10, memory_of(worker)))
        rate = number / (time.monotonic() - began)
    told = "; ".join(f"{events:,}: {size:.0f} MB" for events, size in seen[:: len(seen) // 3] + seen[-1:])
    print(f"| memory of a worker after so many events | {told} ({rate:,.0f} events/s in and out) |")


@dataclass(frozen=True)
class Killed:
    """What came of deliveries whose workers were killed: a key is lost that never came, double that came again."""

    deliveries: int
    lost: int
    double: int


def kills(bench: Bench, times: int) -> None:
    """So many kills of -9 during delivery: each delivery at least once, none lost."""
    found = killed(bench, times, 3000)
    told = f"{found.deliveries:,} deliveries: {found.lost} lost, {found.double} came more than once"
    print(f"| {times} × kill -9 | {told} |")


def killed(bench: Bench, times: int, number: int) -> Killed:
    """Kill a worker with -9 so many times during so many deliveries."""
    from applications.models import Delivery

    ids = [bench.application(f"Kill {each}", f"{bench.receiver}k{each}") for each in range(10)]
    for each in range(number):
        bench.hand_over(ids[each % 10], TOO_MANY_TO_MERGE)
    keys = set(Delivery.objects.waiting().values_list("key", flat=True))
    bench.told()
    came: Counter[str] = Counter()
    for _each in range(times):
        with bench.worker() as worker:
            while not (told := bench.told())["requests"]:
                time.sleep(0.02)
            came.update(told["ids"])
            time.sleep(0.3)
            worker.kill()
    with bench.worker():
        bench.wait_until_delivered(300)
    came.update(bench.told()["ids"])
    double = sum(count > 1 for count in came.values())
    return Killed(deliveries=len(keys), lost=len(keys - set(came)), double=double)


def dead_beside_live(bench: Bench, dead: int, live: int, seconds: int) -> None:
    """How long events of receivers that answer take beside those of receivers that never do."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(4096)  # the system connects; nobody ever reads
        port = deaf.getsockname()[1]
        for each in range(dead):
            bench.hand_over(bench.application(f"Dead {each}", f"http://127.0.0.1:{port}/{each}"))
        ids = [bench.application(f"Live {each}", f"{bench.receiver}live/{each}") for each in range(live)]
        bench.told()
        with bench.worker() as worker:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                for application_id in ids:
                    bench.hand_over(application_id)
                time.sleep(0.5)
            time.sleep(2)
            size = memory_of(worker)
        delays = sorted(bench.told()["delays"])
    median, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    expected = f"{len(delays)} events to {live} live ones, from the first second on"
    print(
        f"| {dead:,} dead receivers | {expected}: median {median:.2f} s, p99 {p99:.2f} s; worker {size:.0f} MB |"
    )


PARTS = ("in", "out", "memory", "kills", "dead")


def main() -> None:
    """Measure what is asked for, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS))
    chosen = parser.parse_args().only.split(",")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-")))
        bench = Bench(stack, folder)
        print("| what | figure |\n|---|---|")
        if "out" in chosen:
            deliveries_out(bench, 2000)
        if "memory" in chosen:
            memory(bench, 100_000)
        if "kills" in chosen:
            kills(bench, 10)
        if "dead" in chosen:
            dead_beside_live(bench, 1000, 10, 30)
        if "in" in chosen:
            events_in(bench, 5)


if __name__ == "__main__":
    main()
