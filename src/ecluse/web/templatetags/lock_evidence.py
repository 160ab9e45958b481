"""Why a node has locked somebody, for readers: rows keep what its node said, which is English.

The sentences are made in `filtering/emission.py` and `mta/reception/sending_limits.py`.
"""

from __future__ import annotations

import re

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()
_JOIN = "; "
# A pattern of a node's sentence, and what it says; what none of them fits, as of another release, stays as it is.
SENTENCES: tuple[tuple[re.Pattern[str], str | Promise], ...] = (
    (
        re.compile(r"(?P<fresh>\d+) of (?P<all>\d+) recipients never written to"),
        _("%(fresh)s of %(all)s recipients never written to"),
    ),
    (
        re.compile(r"near-identical to mail for (?P<others>\d+) others"),
        _("near-identical to mail for %(others)s others"),
    ),
    (
        re.compile(r"links to (?P<domains>\d+) domains never linked to before"),
        _("links to %(domains)s domains never linked to before"),
    ),
    (re.compile(r"first mail from (?P<place>.+)"), _("first mail from %(place)s")),
    (
        re.compile(r"written with a program that it has not used before"),
        _("written with a program that it has not used before"),
    ),
    (re.compile(r"at an hour at which it hardly ever sends"), _("at an hour at which it hardly ever sends")),
    (
        re.compile(r"(?P<hour>\d+) messages in this hour, (?P<day>\d+) on a usual day"),
        _("%(hour)s messages in this hour, %(day)s on a usual day"),
    ),
    (
        re.compile(r"(?P<strangers>\d+) of them to strangers, (?P<minute>\d+) within this minute"),
        _("%(strangers)s of them to strangers, %(minute)s within this minute"),
    ),
    (
        re.compile(r"(?P<unknown>\d+) recipients of (?P<days>\d+) days were unknown to their servers"),
        _("%(unknown)s recipients of %(days)s days were unknown to their servers"),
    ),
    (re.compile(r"content (?P<points>[\d.]+)"), _("its content counts %(points)s points")),
    (re.compile(r"(?P<count>\d+) recipients of one message"), _("%(count)s recipients of one message")),
    (
        re.compile(r"more than (?P<most>\d+) recipients of near-identical messages within 24 hours"),
        _("more than %(most)s recipients of near-identical messages within 24 hours"),
    ),
)


@register.filter
def lock_evidence(reason: str) -> str:
    """Each of its sentences in the reader's language."""
    return _JOIN.join(_in_words(each) for each in reason.split(_JOIN))


def _in_words(sentence: str) -> str:
    for pattern, words in SENTENCES:
        if found := pattern.fullmatch(sentence):
            return str(words) % found.groupdict()
    return sentence
