"""Where Celery finds its application: `celery -A config.celery worker` (docs/runbook.md)."""

import os

import django
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# By name, because it can be imported only once Django is set up.
import_string("applications.waits.limits.answer_in_time")()
app = import_string("applications.delivery.celery_engine.app")
