"""What a browser sees of the panel: requests, bytes on the wire, and when a page is drawn on a slow machine."""

import os
import shutil
import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from applications.models import Application
from bench.panel_rows import EMAIL, PASSWORD
from bench.report import table
from bench.serving import latchkey
from tests.browser.people import TOKEN

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SLOWER = 4  # times: a telephone of the middle
VISITS = 3  # of each page, in a browser that knows nothing yet; medians
FIRST_REQUESTS, FIRST_BYTES = 12, 120 * 1024
LATER_REQUESTS, LATER_BYTES = 1, 15 * 1024
MOST_LCP_MS, MOST_SHIFT = 1000, 0.01  # a table grows by a hair while its rows arrive; 0.1 counts as good

# Before a page's own scripts: what it says about itself is kept until it is asked for.
OBSERVE = """
window.seen = { lcp: 0, shift: 0 };
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.seen.lcp = entry.startTime; })
  .observe({ type: 'largest-contentful-paint', buffered: true });
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.seen.shift += entry.value; })
  .observe({ type: 'layout-shift', buffered: true });
"""


@dataclass
class Wire:
    """What went over the wire since the last `begin`: answers from the browser's own store do not count."""

    lengths: list[int] = field(default_factory=list)
    cached: set[str] = field(default_factory=set)

    def watch(self, session: CDPSession) -> None:
        """Listen to the browser's own account (Chrome DevTools Protocol, Network)."""
        session.send("Network.enable")
        session.on("Network.requestServedFromCache", lambda event: self.cached.add(event["requestId"]))
        session.on("Network.responseReceived", self._note_cached)
        session.on("Network.loadingFinished", self._note_length)

    def begin(self) -> None:
        """Forget what was seen."""
        self.lengths.clear()

    def _note_cached(self, event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            self.cached.add(event["requestId"])

    def _note_length(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self.cached:
            self.lengths.append(int(event["encodedDataLength"]))


@dataclass(frozen=True)
class Visit:
    """One page as it was loaded: requests, bytes on the wire, largest contentful paint (ms), layout shift."""

    requests: int
    length: int
    lcp: float
    shift: float

    def is_good(self, *, first: bool) -> bool:
        """Whether it keeps the limits of a first visit, or of a later one."""
        requests, length = (FIRST_REQUESTS, FIRST_BYTES) if first else (LATER_REQUESTS, LATER_BYTES)
        kept = self.requests <= requests and self.length <= length
        return kept and self.lcp <= MOST_LCP_MS and self.shift <= MOST_SHIFT


def measure(url: str, folder: Path, application: Application) -> bool:
    """Serve the panel on the database at `url`, print what a browser sees; return whether it keeps the limits."""
    if not (chromium := next(filter(None, map(shutil.which, NAMES)), None)):
        print("The browser's side is left out: there is no Chromium here.", file=sys.stderr)
        return True
    environment = {"DATABASE_URL": url, "SECRET_KEY": settings.SECRET_KEY, "ENV_FILE": os.devnull}
    log = folder / "panel.log"
    with latchkey(log, environment) as (address, _pid):
        found = _visits(chromium, address, _paths(application))
    rows = [["page", "visit", "requests", "bytes", f"LCP ms, {SLOWER}× slower", "layout shift", ""]]
    for (path, first), visit in found.items():
        name = path.replace(application.application_id, "…")
        figures = [str(visit.requests), f"{visit.length:,}", f"{visit.lcp:.0f}", f"{visit.shift:.3f}"]
        state = "" if visit.is_good(first=first) else "missed"
        rows.append([name, "first" if first else "later", *figures, state])
    print(
        f"\nGoal: {FIRST_REQUESTS} requests and {FIRST_BYTES:,} bytes at first, {LATER_REQUESTS} and {LATER_BYTES:,}"
        f" later; LCP {MOST_LCP_MS} ms; layout shift {MOST_SHIFT}.\n"
    )
    print(table(rows))
    return all(visit.is_good(first=first) for (_path, first), visit in found.items())


def _paths(application: Application) -> list[str]:
    account = f"/panel/{application.account_id}/"
    own = f"{account}applications/{application.application_id}/"
    tabs = ("", "settings/", "messages/", "tokens/", "allowed-ips/", "activity/", "danger/")
    others = (
        "applications/",
        "members/",
        "api-keys/",
        "key-safety/",
        "activity/",
        "audit-log/",
        "settings/",
        "api/",
    )
    return [*(account + other for other in others), *(own + tab for tab in tabs)]


def _visits(chromium: str, address: str, paths: list[str]) -> dict[tuple[str, bool], Visit]:
    """Return the list of applications as the first page of all, then each page as a later one (medians)."""
    taken: dict[tuple[str, bool], list[Visit]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _visit in range(VISITS):
            context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
            _sign_in(context)
            page, wire = context.new_page(), Wire()
            session = context.new_cdp_session(page)
            wire.watch(session)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            page.add_init_script(OBSERVE)
            taken.setdefault((paths[0], True), []).append(visit(page, wire, paths[0]))
            for path in paths:
                taken.setdefault((path, False), []).append(visit(page, wire, path))
            context.close()
        browser.close()
    return {key: _median(visits) for key, visits in taken.items()}


def visit(page: Page, wire: Wire, path: str) -> Visit:
    """Load a page and return what it took; it is whole once the network has been quiet for half a second."""
    wire.begin()
    page.goto(path, wait_until="networkidle")
    page.wait_for_function(
        "window.seen.lcp > 0"
    )  # told a while after it was drawn; none at all would be an error
    seen = page.evaluate("window.seen")
    return Visit(len(wire.lengths), sum(wire.lengths), seen["lcp"], seen["shift"])


def _median(visits: list[Visit]) -> Visit:
    return Visit(
        requests=max(visit.requests for visit in visits),
        length=max(visit.length for visit in visits),
        lcp=statistics.median(visit.lcp for visit in visits),
        shift=max(visit.shift for visit in visits),
    )


def _sign_in(context: BrowserContext) -> None:
    """Send the form of the sign-in page, which loads none of its files."""
    asked = context.request.get("/panel/sign-in/")
    token = TOKEN.search(asked.text())
    assert token, asked.url
    form = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    answer = context.request.post(
        "/panel/sign-in/", form=form, headers={"Referer": asked.url}, max_redirects=0
    )
    assert answer.status == 302, answer.text()
