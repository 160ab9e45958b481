"""Mails of ours to one person, in his language."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from ecluse.domain.errors import Refused
from ecluse.wire.letters import Letter
from ecluse.wire.notations import MailAddress

OUR_NAME = "Écluse"
_is_plain = re.compile(r"[0-9A-Za-z._+-]+@[0-9A-Za-z.-]+").fullmatch
BY_ITSELF = ("Auto-Submitted", "auto-generated")  # Nobody's program answers it by itself (RFC 3834 section 5).


def letter(recipient: str, language: str, subject: Callable[[], str], template: str, values: dict[str, Any]) -> Letter:
    """A short one: text alone."""
    with translation.override(language):
        return Letter(
            OUR_NAME,
            our_address(),
            ascii_address(recipient),
            subject(),
            render_to_string(template, values),
            fields=(BY_ITSELF,),
        )


def our_address() -> str:
    """Whom our mails come from."""
    return f"quarantine@{urlsplit(settings.ECLUSE_URL).hostname}"


def ascii_address(address: str) -> str:
    """As every server takes it: the domain in Punycode. Raises `Refused` for what cannot be written so."""
    if _is_plain(address):
        return address
    written = ""
    with suppress(ValueError):
        written = MailAddress(address)
    # A local part beyond ASCII has no other form (RFC 6531 section 3.7.1): encoded words would be somebody else's address.
    if not written or not written.isascii():
        raise Refused("not an address that every server takes")
    return written
