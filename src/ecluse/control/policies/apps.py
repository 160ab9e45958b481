"""The app's name."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Filter settings, lists, and what is published of them."""

    name = "ecluse.control.policies"
    label = "policies"
    default_auto_field = "django.db.models.BigAutoField"
