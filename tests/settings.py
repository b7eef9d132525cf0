"""The product's settings, less what a test must not inherit from this machine or wait for."""

import os

os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("SECRET_KEY", "of-the-tests-and-of-nothing-else")

import config.settings
from config.settings import *

# Argon2 is slow on purpose. That it is what people's passwords get is tested on `config.settings`.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Hashed names need `collectstatic` first; the served process of the browser tests has them.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_ROOT = None

# What the tests of the limits turn on.
RATE_LIMIT = 0

# No thread writes beside the tests; what was counted is written where a test asks for it.
USAGE_FLUSH_SECONDS = 0

# No thread takes what was noted; tests of it do.
GATHERS = False

# A task runs where it is asked for: another thread would not see what a test has not committed.
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}

# What the migrations make, once for all processes of a run (tests/both_databases.py).
if migrated := os.environ.get("MIGRATED_DATABASE"):
    DATABASES = {"default": {**config.settings.DATABASES["default"], "TEST": {"TEMPLATE": migrated}}}

# A busy machine must not fail a test of something else; tests/waits and tests/reliability have limits of their own.
DATABASE_STATEMENT_TIMEOUT = DATABASE_LOCK_TIMEOUT = 60
