"""What stays flat as tables grow: `python -m bench.scale`, on a PostgreSQL of its own. README.md tells more."""

import argparse
import signal
from importlib import import_module

from django.core.management import call_command

from bench.own_database import set_up
from tests.postgres import postgres


def main() -> None:
    """Start a PostgreSQL, set Django up on it, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument(
        "--ten-million", action="store_true", help="fill on to 10,000,000 tokens (minutes, 3 GB)"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # either way, the server is ended
    with postgres(durable=True) as url:
        set_up(url)
        call_command("migrate", verbosity=0)
        # Models can be imported only now.
        import_module("bench.growth").measure(ten_million=options.ten_million)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
