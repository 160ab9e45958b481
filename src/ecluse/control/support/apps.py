"""The app's name."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """Tickets."""

    name = "ecluse.control.support"
    label = "support"
    default_auto_field = "django.db.models.BigAutoField"
