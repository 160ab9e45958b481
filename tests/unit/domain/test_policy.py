"""Whose mail is judged."""

from __future__ import annotations

from dataclasses import replace

from ecluse.domain.policy import Policy

POLICY = Policy("One", "one.example", ())


def test_a_filter_is_switched_off_for_one_user_or_for_all():
    but_bob = replace(POLICY, unfiltered=frozenset({"bob@one.example"}))
    nobody = replace(but_bob, is_filtered=False)
    asked = [policy.filters(f"{name}@one.example") for policy in (POLICY, but_bob, nobody) for name in ("ann", "bob")]
    assert asked == [True, True, True, False, False, False]
