from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0002_proof_of_domains'),
    ]

    operations = [
        # The provider has vouched for all that were there before.
        migrations.AddField(
            model_name='route',
            name='is_vouched',
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name='route',
            name='is_vouched',
            field=models.BooleanField(default=False),
        ),
    ]
