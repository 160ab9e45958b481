"""Short mails of ours to one person, in his language: text alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation


def letter(
    recipient: str, language: str, subject: Callable[[], str], template: str, values: dict[str, Any]
) -> EmailMultiAlternatives:
    """One mail; nobody's program answers it by itself (RFC 3834 section 5)."""
    with translation.override(language):
        return EmailMultiAlternatives(
            subject(),
            render_to_string(template, values),
            our_address(),
            [recipient],
            headers={"Auto-Submitted": "auto-generated"},
        )


def our_address() -> str:
    """Whom our mails come from."""
    return f"Écluse <quarantine@{urlsplit(settings.ECLUSE_URL).hostname}>"
