"""Django on a database that a bench fills, and that nobody else sees."""

import os

import django


def set_up(url: str) -> None:
    """Set Django up on the database at `url`. Models can be imported only afterwards."""
    os.environ.update(
        DATABASE_URL=url,
        DJANGO_SETTINGS_MODULE="config.settings",
        ENV_FILE=os.devnull,
        LOG_LEVEL="WARNING",
        SECRET_KEY="of-the-bench-and-of-nothing-else",
        USAGE_FLUSH_SECONDS="0",
    )
    django.setup()
