"""The app's name."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Clients, domains, addresses."""

    name = "ecluse.control.tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"
