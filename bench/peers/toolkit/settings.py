"""django-oauth-toolkit with nothing beside it: no middleware, no sessions, persistent connections."""

import os

import environ

DATABASES = {"default": {**environ.Env.db_url_config(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
MIDDLEWARE: list[str] = []
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peers.toolkit.urls"
SECRET_KEY = "of-the-bench"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
OAUTH2_PROVIDER = {
    "SCOPES": {"groups": "Groups", "introspection": "Introspection"},
    "ACCESS_TOKEN_EXPIRE_SECONDS": 86400,
}
