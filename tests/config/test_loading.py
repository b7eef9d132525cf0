"""What a worker has done when it begins to answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.servers import ROOT

pytestmark = pytest.mark.skipif(settings.POSTGRESQL, reason="no database takes part in this")

LOADED = """
import gc, sys
import config.front
print(gc.isenabled(), gc.get_freeze_count() > 50_000, gc.get_count()[2])
print([name for name in ("texts", "pieces") if f"applications.rules.transliteration.{name}" in sys.modules])
"""


def test_the_collector_passes_over_what_was_loaded_and_tables_of_texts_wait_for_a_text(
    tmp_path: Path,
) -> None:
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "0123456789abcdef" * 2,
    }
    environment |= {"DJANGO_SETTINGS_MODULE": "tests.served_settings", "LOG_LEVEL": "CRITICAL"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["True True 0", "[]"], done.stdout
