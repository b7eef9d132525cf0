"""The panel with 10,000 applications and 1,000,000 tokens: `python -m bench.panel`. README.md says what is measured."""

import argparse
import os
import signal
import tempfile
from importlib import import_module
from pathlib import Path

from django.core.management import call_command

from bench.own_database import set_up
from tests.postgres import postgres


def main() -> None:
    """Fill a PostgreSQL of its own, and measure every page of the panel; exit code 1 where a page misses a goal."""
    parser = argparse.ArgumentParser(prog="python -m bench.panel", description=__doc__)
    parser.add_argument("--applications", type=int, default=10_000)
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--without-browser", action="store_true", help="the server's side alone")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, the server is ended
    os.environ.update(MAIL_URL="dummymail://")
    with tempfile.TemporaryDirectory() as folder, postgres(durable=True) as url:
        set_up(url)
        call_command("prepare", verbosity=0)
        # Models can be imported only now.
        filled = import_module("bench.panel_rows").fill(
            applications=options.applications, tokens=options.tokens
        )
        is_good = import_module("bench.panel_pages").measure(filled)
        if not options.without_browser:
            is_good &= import_module("bench.browser").measure(url, Path(folder), filled)
    raise SystemExit(not is_good)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
