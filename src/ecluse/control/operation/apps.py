"""The app's name."""

from django.apps import AppConfig


class OperationConfig(AppConfig):
    """Nodes, their backlogs, and jobs."""

    name = "ecluse.control.operation"
    label = "operation"
    default_auto_field = "django.db.models.BigAutoField"
