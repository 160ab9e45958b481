"""The app's name in Django."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """See models.py."""

    name = "ecluse.control.billing"
    label = "billing"
    default_auto_field = "django.db.models.BigAutoField"
