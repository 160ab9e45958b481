"""What an entry of the trail says was done, and was before and after, for readers: lists and tables as sentences have them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from ecluse.web.act_words import ACT_WORDS

register = template.Library()
_NOTHING = "\N{EN DASH}"


@register.filter
def told(value: object) -> str:
    """Of JSON."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(told, value)) or _NOTHING
    if isinstance(value, dict):
        return "; ".join(f"{key}: {told(each)}" for key, each in value.items()) or _NOTHING
    return _NOTHING if value in (None, "") else str(value)


@register.filter
def in_words(action: str) -> object:
    """What was done; the name itself of what an older or newer release has done."""
    return ACT_WORDS.get(action, action)
