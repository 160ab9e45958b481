"""The app's name."""

from django.apps import AppConfig


class ProgramsConfig(AppConfig):
    """API keys, and answers that may be asked for again."""

    name = "ecluse.control.programs"
    label = "programs"
    default_auto_field = "django.db.models.BigAutoField"
