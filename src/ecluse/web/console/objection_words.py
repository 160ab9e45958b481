"""Objections in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ecluse.control.mail.exclusions import Exclusion
from ecluse.control.mail.objections import Objection, ObjectionKind, ObjectionState, Standing, direction_of
from ecluse.domain.incoming import Direction

_KINDS = {
    ObjectionKind.BLOCKED: gettext_lazy("legitimate, wrongly blocked"),
    ObjectionKind.PASSED: gettext_lazy("spam, wrongly delivered"),
}
_KINDS_SENT = {
    ObjectionKind.BLOCKED: gettext_lazy("legitimate, wrongly kept from going out"),
    ObjectionKind.PASSED: gettext_lazy("went out, and should not have"),
}
STATES = {
    ObjectionState.SAID: gettext_lazy("said by a user"),
    ObjectionState.OPEN: gettext_lazy("the provider is asked"),
    ObjectionState.CONFIRMED: gettext_lazy("confirmed"),
    ObjectionState.CONTESTED: gettext_lazy("contested"),
    ObjectionState.WITHDRAWN: gettext_lazy("withdrawn"),
}
STANDINGS = {
    Standing.PENDING: gettext_lazy("not decided yet"),
    Standing.ACCEPTED: gettext_lazy("counts: both parties agree"),
    Standing.CONTESTED: gettext_lazy("does not count: contested"),
    Standing.DROPPED: gettext_lazy("does not count: withdrawn"),
}
EXCLUSIONS = {
    Exclusion.ON_BLOCK_LIST: gettext_lazy("its sender is on your block list"),
    Exclusion.CORRUPTED: gettext_lazy("its sender, or a domain that it names, was listed by three operators or more"),
    Exclusion.FORWARDED: gettext_lazy("somebody else sent it on"),
    Exclusion.RELEASED_BY_SENDER: gettext_lazy("its sender released it himself"),
    Exclusion.ON_ALLOW_LIST: gettext_lazy("its sender is on your allow list"),
    Exclusion.RELEASED: gettext_lazy("somebody of yours released it"),
    Exclusion.FILTER_OFF: gettext_lazy("the filter of this address was switched off"),
}


def is_sent(row: Objection) -> bool:
    """Whether its mail was the client's own, on its way out."""
    return direction_of(row) is Direction.OUTBOUND


def kind_in_words(row: Objection) -> str | Promise:
    """What it says."""
    return (_KINDS_SENT if is_sent(row) else _KINDS)[ObjectionKind(row.kind)]
