"""What lists and wishes hold of people, and what is published of them to nodes."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_FOLLOWS = "follows what it is published of; that something is gone is remembered for 30 days, for nodes that were away"

PERSONAL_DATA = (
    Store(
        "policies.ListEntry",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal("entry", Holds.ADDRESS, Whose.CORRESPONDENT, Erasing.SERVICE),
            Impersonal("pattern", "what is compared of `entry`, and goes with it"),
            Personal("note", Holds.WORDS, Whose.ANYBODY, Erasing.UNNAMED),
            Personal("added_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        ),
    ),
    Store(
        "policies.ClientWishes",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal(
                "plain",
                Holds.PLAIN,
                Whose.USER,
                Erasing.KEPT,
                "a setting of the client's that protects this person or serves him: it goes when the client changes it",
            ),
        ),
    ),
    Store(
        "policies.FilterWish",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Personal("recipient", Holds.ADDRESS, Whose.USER, Erasing.SERVICE),
            Impersonal("mass_mail", "a word of ours"),
        ),
    ),
    Store(
        "policies.PublishedObject",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("kind", "a word of ours"),
            Personal("key", Holds.ADDRESS, Whose.USER, Erasing.LAPSES, _FOLLOWS),
            Personal("body", Holds.SEALED, Whose.USER, Erasing.LAPSES, _FOLLOWS),
        ),
    ),
    Store(
        "policies.PolicyChange",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Impersonal("kind", "a word of ours"),
            Personal("key", Holds.ADDRESS, Whose.USER, Erasing.LAPSES, _FOLLOWS),
        ),
    ),
)
