"""What contracts in force have decided of domains is told to the gateway. Nothing that is served today ends with it."""

from typing import Any

from django.db import migrations
from django.db.models import F
from django_scopes import scopes_disabled

_IN_FORCE = ("active", "notice", "suspended")


def tell(apps: Any, _schema_editor: Any) -> None:
    """A domain that is served and was never decided upon is put before the provider; one that was refused stays until it is refused anew."""
    model = apps.get_model
    with scopes_disabled():  # Contracts of all clients.
        domains = model("tenants", "Domain").objects
        domains.filter(proven_at__isnull=False).update(shown_at=F("proven_at"))
        named, permissions = model("contracts", "NamedDomain").objects, model("tenants", "DomainPermission").objects
        for contract in model("contracts", "Contract").objects.filter(state__in=_IN_FORCE):
            model("tenants", "Client").objects.filter(pk=contract.client_id).update(needs_permission=True)
            known = set(named.filter(contract=contract).values_list("name", flat=True))
            for each in domains.filter(client_id=contract.client_id, proven_at__isnull=False).exclude(name__in=known):
                named.create(client_id=contract.client_id, contract=contract, name=each.name, approval="asked")
            for each in named.filter(contract=contract):
                permissions.update_or_create(
                    client_id=contract.client_id,
                    name=each.name,
                    defaults={"verdict": each.approval, "reason": each.reason},
                )


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0006_period_waived"),
        ("tenants", "0009_permission_of_domains"),
    ]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
