"""Kept answers get their key's client, by which PostgreSQL fences them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def fill(apps: Any, _editor: object) -> None:
    """From their keys; before the fence stands."""
    ApiKey, KeptAnswer = (apps.get_model("programs", name) for name in ("ApiKey", "KeptAnswer"))
    whose = ApiKey.objects.filter(pk=models.OuterRef("key_id")).values("client_id")[:1]
    KeptAnswer.objects.update(client_id=models.Subquery(whose))


class Migration(migrations.Migration):

    dependencies = [
        ('programs', '0001_initial'),
        ('tenants', '0008_services'),
    ]

    operations = [
        migrations.AddField(
            model_name='keptanswer',
            name='client',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenants.client'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
