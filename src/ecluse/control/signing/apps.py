"""The app's name."""

from django.apps import AppConfig


class SigningConfig(AppConfig):
    """Above the keystore, whose master key the private keys lie under; below policies, which publish them."""

    name = "ecluse.control.signing"
    label = "signing"
    default_auto_field = "django.db.models.BigAutoField"
