"""The app's name."""

from django.apps import AppConfig


class LearningConfig(AppConfig):
    """Above mail, whose orders it gives."""

    name = "ecluse.control.learning"
    label = "learning"
    default_auto_field = "django.db.models.BigAutoField"
