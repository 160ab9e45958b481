from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('abuse', '0003_lock_alarms'),
    ]

    operations = [
        migrations.AddField(
            model_name='toldlock',
            name='origin',
            field=models.CharField(blank=True, db_default='', default='', max_length=253),
        ),
    ]
