"""The app's name."""

from django.apps import AppConfig


class SendingConfig(AppConfig):
    """Below policies, which publish connectors."""

    name = "ecluse.control.sending"
    label = "sending"
    default_auto_field = "django.db.models.BigAutoField"
