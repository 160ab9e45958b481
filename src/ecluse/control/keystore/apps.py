"""The app's name."""

from django.apps import AppConfig


class KeystoreConfig(AppConfig):
    """Between tenants and policies: policies publish the public keys."""

    name = "ecluse.control.keystore"
    label = "keystore"
    default_auto_field = "django.db.models.BigAutoField"
