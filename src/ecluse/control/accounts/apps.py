"""The app's name."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Persons, memberships, invitations."""

    name = "ecluse.control.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
