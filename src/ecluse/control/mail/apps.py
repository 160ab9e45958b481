"""The app's name."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """Above policies: what people do with mail may change a list."""

    name = "ecluse.control.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
