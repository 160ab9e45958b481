"""How many mails with a virus may reach a client within seven days (9-5)."""

from __future__ import annotations

_ONE_IN = 1_000


def allowed_viruses(mails: int) -> int:
    """Of so many mails: a thousandth, rounded up."""
    return -(-mails // _ONE_IN)


def is_virus_promise_kept(received: int, mails: int) -> bool:
    """It may be reached, and not exceeded."""
    return received <= allowed_viruses(mails)
