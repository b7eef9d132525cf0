"""What is set up once when the server starts."""

from importlib import import_module

from django.apps import AppConfig
from django.apps import apps as installed


class ApplicationsConfig(AppConfig):
    """The product's one app."""

    name = "applications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Encrypt the sign-in library's table of second factors at rest, audit sign-ins, check settings of webhooks."""
        # Models cannot be imported before the apps are ready.
        from applications.models.sealed import SealedJSONField

        installed.get_model("mfa", "Authenticator")._meta.get_field("data").__class__ = SealedJSONField
        import_module("applications.authentication.sign_in_events").connect()
        import_module("applications.delivery.checks")
        import_module("applications.management.checks")
