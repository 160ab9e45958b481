"""Files that people upload: looked at by the virus scanner as they come, and each time before they are given out.

One that the scanner cannot be asked about is kept, and given out once it can; what it finds something in, or cannot look into,
is not taken, and never given out. Without a scanner (`[scanners] clamd`) nobody looks, as with mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.domain.evidence import ScanState
from ecluse.web.backends import backends

log = structlog.get_logger()

_NOT_GIVEN_OUT: Mapping[ScanState, str | Promise] = MappingProxyType(
    {
        ScanState.INFECTED: _("The virus scanner has found something in this file: it is not given out."),
        ScanState.TOO_LARGE: _("The virus scanner cannot look into this file: it is not given out."),
        ScanState.UNAVAILABLE: _("The virus scanner does not answer at the moment. Please try again later."),
    }
)
_NOT_TAKEN: Mapping[ScanState, str | Promise] = MappingProxyType(
    {
        ScanState.INFECTED: _("The virus scanner has found something in this file: it was not kept."),
        ScanState.TOO_LARGE: _("The virus scanner cannot look into this file: it was not kept."),
    }
)


def has_scanner() -> bool:
    """Whether anybody looks."""
    return backends().scan is not None


def why_not_taken(octets: bytes) -> str | Promise | None:
    """In words; None where it may be kept."""
    state = _state_of(octets)
    if state in _NOT_TAKEN:
        log.warning("file not taken", state=state.value)
    return _NOT_TAKEN.get(state)


def why_not_given_out(octets: bytes, **what: object) -> str | Promise | None:
    """In words; None where it may be given out. `what` names it in the log."""
    state = _state_of(octets)
    if state in _NOT_GIVEN_OUT:
        log.warning("file not given out", state=state.value, **what)
    return _NOT_GIVEN_OUT.get(state)


def _state_of(octets: bytes) -> ScanState:
    scan = backends().scan
    return ScanState.NOT_CONFIGURED if scan is None else scan(octets)
