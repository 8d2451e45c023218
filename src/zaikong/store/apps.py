"""The one Django app that holds every table."""

from django.apps import AppConfig


class StoreConfig(AppConfig):
    """Tables of Zaikong; label `zaikong`, one migration line."""

    name = "zaikong.store"
    label = "zaikong"
    verbose_name = "在控"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks of the tables."""
        from zaikong.store import pipeline  # noqa: F401, PLC0415 -- registers its check once apps are loaded
