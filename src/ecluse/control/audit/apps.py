"""The app's name."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Lowest of the control apps: it knows none of the others."""

    name = "ecluse.control.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
