"""The app's name in Django."""

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    """See models.py."""

    name = "ecluse.control.contracts"
    label = "contracts"
    default_auto_field = "django.db.models.BigAutoField"
