"""The app's name."""

from django.apps import AppConfig


class AbuseConfig(AppConfig):
    """Complaints and cases."""

    name = "ecluse.control.abuse"
    label = "abuse"
    default_auto_field = "django.db.models.BigAutoField"
