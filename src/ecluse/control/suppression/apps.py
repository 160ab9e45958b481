"""The app's name."""

from django.apps import AppConfig


class SuppressionConfig(AppConfig):
    """Below policies, which publish the lists."""

    name = "ecluse.control.suppression"
    label = "suppression"
    default_auto_field = "django.db.models.BigAutoField"
