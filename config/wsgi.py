"""What the HTTP server calls."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

gc.disable()
django = get_wsgi_application()
# By name, because it can be imported only once Django is set up.
import_string("applications.waits.limits.answer_in_time")()
application = import_string("config.api_requests.api_requests_first")(django)
if settings.TRACES:
    application = import_string("config.traces.traced")(
        application, import_string("config.traces.opentelemetry")
    )
# What is loaded by now stays. To look through all of it for garbage would stop each request in a worker for 30 ms.
gc.freeze()
gc.enable()
