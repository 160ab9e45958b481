"""The app's name in Django."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """See models.py."""

    name = "ecluse.control.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"
