"""The app's name, and what it listens to."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, static files and pages."""

    name = "ecluse.web"
    label = "web"

    def ready(self) -> None:
        """See Django."""
        import_module("ecluse.web.sign_in.records")  # Connects what it listens to.
