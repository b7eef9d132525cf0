"""What Django runs once, when everything is loaded."""

from importlib import import_module

from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    """The one app of this house."""

    name = "applications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("applications.authentication.sign_in_events").connect()
