"""Whom a lock stops, and why, and which way mail went, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecluse.control.abuse.lock_alarms import ToldLock
from ecluse.control.abuse.locks import Locked
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import LockCause, LockScope

_CAUSES: Mapping[LockCause, str | Promise] = MappingProxyType(
    {
        LockCause.RECIPIENTS: _("One message, or near-identical ones within a day, for more than 500 recipients"),
        LockCause.BURST: _("What it sends looks like the work of somebody else"),
        LockCause.PERSON: _("Somebody at the provider has decided so"),
    }
)
_SCOPES: Mapping[LockScope, str | Promise] = MappingProxyType(  # An account is known by its name alone.
    {LockScope.IP: _("address"), LockScope.CLIENT: _("everybody")}
)
DIRECTIONS: Mapping[Direction, str | Promise] = MappingProxyType(
    {Direction.INBOUND: _("received"), Direction.OUTBOUND: _("sent")}
)


def cause_of(lock: ToldLock) -> str | Promise:
    """Why."""
    return _CAUSES[LockCause(lock.cause)]


def scope_of(lock: ToldLock) -> str | Promise:
    """What kind of sender it is; "" for an account."""
    return _SCOPES.get(LockScope(lock.scope), "")


def in_words(locked: Locked) -> dict[str, object]:
    """A line of a page."""
    lock = locked.lock
    return {"lock": lock, "nodes": ", ".join(locked.nodes), "cause": cause_of(lock), "scope": scope_of(lock)}


def report_words(lock: ToldLock) -> str:
    """What a report of the message that brought it about says for people; no name stands in it."""
    words = gettext(
        "This report is about a message that an account of ours was to send; it was refused, and the account locked."
    )
    return f"{words}\n\n{cause_of(lock)}.\n{lock.reason}\n"
