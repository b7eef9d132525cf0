"""Every setting, from the environment; `.env.example` gives each with its meaning."""

import os
import sys
from pathlib import Path

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config.environment import Environment, program, read_secret_files
from config.logging import logging_to
from config.secret_key import checked_key
from config.security_contacts import checked_contacts

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
Environment.read_env(env.path("ENV_FILE", str(BASE_DIR / ".env")))
read_secret_files(os.environ)

# All that is written on this machine.
VAR_DIR = Path(env.str("VAR_DIR", "") or BASE_DIR / "var").absolute()

# Where people and clients reach this server. Absolute URLs and the OAuth issuer come from here,
# never from the Host header (RFC 8414 section 2, security.md 14).
# localhost, not 127.0.0.1: browsers give passkeys to no page whose address is a number.
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/") or f"http://localhost:{env.int('PORT', 8000)}"
HTTPS = PUBLIC_URL.startswith("https://")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = checked_key(env.str("SECRET_KEY", ""))
SECRET_KEY_FALLBACKS = [
    checked_key(key, "An entry of SECRET_KEY_FALLBACKS")
    for key in env.list("SECRET_KEY_FALLBACKS", default=[])
]
# Keys for what is encrypted at rest: the first encrypts, all decrypt (rules/sealing.py).
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[]) or [SECRET_KEY, *SECRET_KEY_FALLBACKS]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# A wrong entry stops the server at its start: otherwise it would take the proxy's address for that of each client.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")

INSTALLED_APPS = [
    "applications",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

# Only for pages: requests of the API and OAuth are answered ahead of it (config/api_requests.py).
MIDDLEWARE = [
    "config.request_ids.request_ids",
    "config.no_store.never_stored",
    "config.compression.CompressedPages",
    "config.input.without_nul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "applications.authentication.sessions.end_old_sessions",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.debug",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "applications.context_processors.theme",
                "applications.context_processors.passkeys",
                "applications.panel.frame.frame",
            ]
        },
    }
]

# --- The store -----------------------------------------------------------------------------------

SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that will write takes its place in the queue at once, so that none
    # fails half-way with "database is locked" (which no timeout cures).
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
DATABASE_PREPARE = env.bool("DATABASE_PREPARE", True)
POSTGRESQL_OPTIONS = {
    "application_name": program(),
    # Both are needed for prepared statements; a pooler in transaction mode cannot carry them.
    "server_side_binding": DATABASE_PREPARE,
    "prepare_threshold": 1 if DATABASE_PREPARE else None,
}
# Without DATABASE_URL: a file of this machine's own, which is where a demo account may be made.
OWN_SQLITE = not env.str("DATABASE_URL", "")
if OWN_SQLITE:
    os.environ.pop("DATABASE_URL", None)
DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'latchkey.sqlite3'}")}
POSTGRESQL = DATABASES["default"]["ENGINE"].endswith("postgresql")
if POSTGRESQL:
    DATABASES["default"]["ENGINE"] = "applications.waits.postgresql"
# Each thread keeps its connection: a pool's coming and going costs a check about a seventh of its processor time
# (docs/decisions/0010). One that broke is replaced at the next request.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONNECTION_SECONDS", 3600)
DATABASES["default"]["OPTIONS"] = {
    **(POSTGRESQL_OPTIONS if POSTGRESQL else SQLITE_OPTIONS),
    **DATABASES["default"].get("OPTIONS", {}),
}
# Seconds (docs/decisions/0037): for the server, which answers 503 after them; then for commands and exports.
DATABASE_CONNECT_TIMEOUT = env.float("DATABASE_CONNECT_TIMEOUT", 2)
DATABASE_STATEMENT_TIMEOUT = env.float("DATABASE_STATEMENT_TIMEOUT", 3)
DATABASE_LOCK_TIMEOUT = env.float("DATABASE_LOCK_TIMEOUT", 2)
DATABASE_LONG_STATEMENT_TIMEOUT = env.float("DATABASE_LONG_STATEMENT_TIMEOUT", 3600)
DATABASE_LONG_LOCK_TIMEOUT = env.float("DATABASE_LONG_LOCK_TIMEOUT", 60)
# For a version that is to serve beside a newer one, or again after it.
DATABASE_MAY_BE_NEWER = env.bool("DATABASE_MAY_BE_NEWER", False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# `rates` counts requests of the API: shared by the processes of one machine; several machines share a Redis or Valkey.
# People's limits (mails of a minute, for one) are in the database whatever CACHE_URL says, so that signing in needs
# nothing else. All of them last a minute: with so many rows allowed, none is culled before it is over.
RATES = env.cache("CACHE_URL", "dbcache://latchkey_cache")
if RATES["BACKEND"].endswith("RedisCache"):
    RATES["OPTIONS"] = {
        "socket_timeout": env.float("CACHE_TIMEOUT", 0.25),  # seconds
        "socket_connect_timeout": env.float("CACHE_TIMEOUT", 0.25),
        "retry": None,  # the client would try four times, and wait in between
        **RATES.get("OPTIONS", {}),
    }
CACHES = {
    "default": {**env.cache_url_config("dbcache://latchkey_cache"), "OPTIONS": {"MAX_ENTRIES": 20_000}},
    "rates": RATES,
}

# How often each process writes what it counted; 0 leaves it to be written at the process's end.
USAGE_FLUSH_SECONDS = env.float("USAGE_FLUSH_SECONDS", 1.0)

# --- People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "applications.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "panel:home"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_RESET_HOURS", 24) * 3600

SIGN_IN_TRIES = env.int("SIGN_IN_TRIES", 5)
SIGN_IN_WAIT_MINUTES = env.int("SIGN_IN_WAIT_MINUTES", 15)
ACCOUNT_ADAPTER = "applications.authentication.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is proved by the invitation or the operator
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # such a mail would offer signing up, which is closed
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""  # else the subject carries the Host header
ACCOUNT_EMAIL_NOTIFICATIONS = False  # people are told by operations/news.py
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("REAUTHENTICATION_MINUTES", 15) * 60
ACCOUNT_FORMS = {"reset_password": "applications.authentication.mail.ForgottenPasswordForm"}
# Failures are counted by authentication/throttle.py instead; these would keep out the right password too.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_RATE_LIMITS = {"webauthn_login": None}  # a passkey cannot be guessed
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60  # seconds to find the mailed code
MFA_ADAPTER = "applications.authentication.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "applications.authentication.second_factor.CodeForm",
    "reauthenticate": "applications.authentication.second_factor.ConfirmByCodeForm",
    "activate_totp": "applications.authentication.second_factor.SetUpAppForm",
    "add_webauthn": "applications.authentication.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "applications.authentication.passkeys.PasskeyForm",
    "login_webauthn": "applications.authentication.passkeys.SignInByPasskeyForm",
    "reauthenticate_webauthn": "applications.authentication.passkeys.ConfirmByPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # steps of 30 s that a phone's clock may be off
MFA_TOTP_ISSUER = "Latchkey"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

# --- Where events are sent ------------------------------------------------------------------------

CALLBACK_PORTS = env.list("CALLBACK_PORTS", cast=int, default=[443, 8443])
CALLBACK_INSECURE = env.bool("CALLBACK_INSECURE", DEBUG)
CALLBACK_NAMESERVERS = env.list("CALLBACK_NAMESERVERS", default=[])

# What carries deliveries: "threads" of the command deliver_webhooks, or "celery" with a broker.
WEBHOOK_ENGINE = env.str("WEBHOOK_ENGINE", "threads")
WEBHOOK_BROKER_URL = env.str("WEBHOOK_BROKER_URL", "redis://127.0.0.1:6379/1")
# Requests under way at once in each process that delivers.
WEBHOOK_REQUESTS = max(8, env.int("WEBHOOK_REQUESTS", 1200))
# How long such a process goes on when it is told to end, in seconds, before it leaves the rest to others.
WEBHOOK_GRACE_SECONDS = env.float("WEBHOOK_GRACE_SECONDS", 11.0)
# How long deliveries that have ended stay in the log.
WEBHOOK_KEEP_DAYS = max(1, env.int("WEBHOOK_KEEP_DAYS", 30))
WEBHOOK_SENDER = "applications.delivery.sender.send"

# --- How long what has ended stays, in days, before `purge` deletes it ----------------------------

TOKEN_KEEP_DAYS = max(0, env.int("TOKEN_KEEP_DAYS", 0))
SESSION_KEEP_DAYS = max(0, env.int("SESSION_KEEP_DAYS", 0))
REFUSAL_KEEP_DAYS = max(1, env.int("REFUSAL_KEEP_DAYS", 30))
INVITATION_KEEP_DAYS = max(0, env.int("INVITATION_KEEP_DAYS", 90))
THROTTLE_KEEP_DAYS = max(
    1, env.int("THROTTLE_KEEP_DAYS", 1)
)  # a day is the longest that anything is counted for

# --- What is sent with every page ----------------------------------------------------------------

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_SSL_REDIRECT = HTTPS and env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31536000 if HTTPS else 0)
# Both bind hosts that are none of Latchkey's, so they are on only when asked for, and no check asks for them.
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = HTTPS and env.bool("SECURE_HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not HTTPS:  # which latchkey.W002 says once: HSTS, the redirect and secure cookies follow from it
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "applications.authentication.sessions"
SESSION_IDLE_HOURS = env.float("SESSION_IDLE_HOURS", 12)
SESSION_ABSOLUTE_DAYS = env.float("SESSION_ABSOLUTE_DAYS", 14)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_DAYS * 86400)  # seconds until `purge` takes what was never ended
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "applications.panel.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024  # the body of any request
# How long a request may take to arrive once its head is there.
BODY_SECONDS = env.float("BODY_SECONDS", 10.0)

# --- Words, times, files -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Only this process serves them.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Mail goes to the log until the operator names a server, such as smtp+tls://user:password@host:587.
_mail = env.mail("MAIL_URL", "consolemail://")
_smtp = {
    "host": _mail["EMAIL_HOST"],
    "port": _mail["EMAIL_PORT"] or 25,
    "username": _mail["EMAIL_HOST_USER"] or "",
    "password": _mail["EMAIL_HOST_PASSWORD"] or "",
    "use_tls": _mail.get("EMAIL_USE_TLS", False),
    "use_ssl": _mail.get("EMAIL_USE_SSL", False),
    "timeout": env.float("MAIL_TIMEOUT", 10),  # seconds, for each step of a mail
}
# A mail in the log stands on standard error, as the log does: standard output is what a command prints.
_options = {"smtp.EmailBackend": _smtp, "console.EmailBackend": {"stream": sys.stderr}}
MAILERS = {
    "default": {
        "BACKEND": _mail["EMAIL_BACKEND"],
        "OPTIONS": _options.get(_mail["EMAIL_BACKEND"].removeprefix("django.core.mail.backends."), {}),
    }
}
TASKS = {"default": {"BACKEND": "applications.authentication.background.ThreadBackend"}}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("MAIL_FROM", "Latchkey <latchkey@localhost>")

LOGGING = logging_to(env.str("LOG_LEVEL", "INFO"))
REQUEST_LOG = env.bool("REQUEST_LOG", True)
TRACES = env.bool("TRACES", False)
METRICS_ALLOWED = env.networks("METRICS_ALLOWED", "127.0.0.0/8,::1/128")
GATHERS = True  # figures and lines, in workers of the server alone (config/gathering.py)
SETTINGS_READ = env.read  # what all settings came to, for the log at the start (config/effective.py)

# --- OAuth ---------------------------------------------------------------------------------------

ISSUER = PUBLIC_URL
REALM = "Latchkey"
# Where weaknesses are to be reported (RFC 9116); without one there is no /.well-known/security.txt.
SECURITY_CONTACTS = checked_contacts(env.list("SECURITY_CONTACTS", default=[]))

# --- The API -------------------------------------------------------------------------------------

# Requests a minute, by credential or else by address; 0 sets no limit. OAuth endpoints have none.
RATE_LIMIT = max(0, env.int("RATE_LIMIT", 600))
# Applications that an account may have; 0 sets no limit.
APPLICATIONS_PER_ACCOUNT = max(0, env.int("APPLICATIONS_PER_ACCOUNT", 1000))
# Invitations of an account that may be open, or of the last 24 hours: nobody can send mails to the world with it.
INVITATIONS_PER_ACCOUNT = max(0, env.int("INVITATIONS_PER_ACCOUNT", 100))
