"""The app's name, and what its tables need besides migrations."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    """Clients, domains, addresses."""

    name = "ecluse.control.tenants"
    label = "tenants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """See Django. The signal comes when the tables of all apps are there."""
        from ecluse.control.tenants.fence import raise_fence  # noqa: PLC0415 - models exist once apps are ready.

        post_migrate.connect(raise_fence, sender=self)
