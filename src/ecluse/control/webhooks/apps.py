"""The app's name."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks, and the notices that they are sent."""

    name = "ecluse.control.webhooks"
    label = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"
