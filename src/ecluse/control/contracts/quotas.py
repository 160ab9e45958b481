"""What comes with the addresses that were ordered: more users for nothing, and so many requests for support."""

from __future__ import annotations

_ONE_IN = 5  # "Le cinquième" (3-4, 5-2).


def free_users(ordered: int) -> int:
    """How many users more than ordered are served for nothing until the contract is renewed (3-4)."""
    return ordered // _ONE_IN


def support_requests(users: int) -> int:
    """How many a month are in the price, by the users at subscription; at least one (5-2)."""
    return max(1, users // _ONE_IN)
