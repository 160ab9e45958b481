"""The app's name."""

from django.apps import AppConfig


class AttemptsConfig(AppConfig):
    """Below all whose rows jobs work on."""

    name = "ecluse.control.attempts"
    label = "attempts"
    default_auto_field = "django.db.models.BigAutoField"
