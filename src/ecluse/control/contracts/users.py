"""How many users a client has, as the provider counts them (3-4, 3-5)."""

from __future__ import annotations

from django.conf import settings

from ecluse.control.tenants import queries as tenants


def counted_users() -> int:
    """Of the scope's client: its mailboxes, and its aliases where `[contracts] aliases_are_users` says so."""
    counts = tenants.counts()
    return counts.users + (counts.aliases if settings.ECLUSE_ALIASES_ARE_USERS else 0)
