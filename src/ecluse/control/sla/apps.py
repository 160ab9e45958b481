"""The app's name in Django."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    """See models.py."""

    name = "ecluse.control.sla"
    label = "sla"
    default_auto_field = "django.db.models.BigAutoField"
