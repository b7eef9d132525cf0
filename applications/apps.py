"""What is set up once when the server starts."""

from django.apps import AppConfig
from django.apps import apps as installed


class ApplicationsConfig(AppConfig):
    """The product's one app."""

    name = "applications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Encrypt the library's table of second factors at rest: its migrations leave no other place for it."""
        from applications.models.sealed import (
            SealedJSONField,
        )  # models cannot be imported before apps are ready

        installed.get_model("mfa", "Authenticator")._meta.get_field("data").__class__ = SealedJSONField
