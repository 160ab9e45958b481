from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contracts", "0005_consents"),
    ]

    operations = [
        migrations.AddField(
            model_name="contract",
            name="period_waived",
            field=models.BooleanField(default=False),
        ),
    ]
