"""Who did something, for readers: rows keep `str(Actor)`, which begins with what kind of actor he is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.audit.actor import ActorKind

register = template.Library()
_WORDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        ActorKind.PERSON: "%(name)s",
        ActorKind.API_KEY: _("the program “%(name)s”"),
        ActorKind.JOB: _("by itself (%(name)s)"),
        ActorKind.COMMAND: _("the command line"),
    }
)


@register.filter
def actor(told: str) -> str:
    """Of "person:ann@one.example" the address; what begins with no such word stays as it is."""
    kind, _colon, name = str(told).partition(":")
    return str(_WORDS[kind]) % {"name": name} if name and kind in _WORDS else str(told)
