"""The app's name."""

from django.apps import AppConfig


class DirectoriesConfig(AppConfig):
    """Clients' directories."""

    name = "ecluse.control.directories"
    label = "directories"
    default_auto_field = "django.db.models.BigAutoField"
