"""What webhooks hold of people: nothing but what an address of the client's own says (14-2)."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Impersonal, Kept, Purpose, Store

PERSONAL_DATA = (
    Store(
        "webhooks.Webhook",
        Purpose.OPERATION,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("url", "of a program of the client"),
            Impersonal("events", "words of ours"),
            Impersonal("secret", "of a program"),
            Impersonal("former_secret", "of a program"),
            Impersonal("off_because", "words of ours"),
            Impersonal("last_trouble", "words of ours"),
        ),
    ),
    Store(
        "webhooks.Notice",
        Purpose.OPERATION,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            Impersonal("event", "kind and id of an event"),
            Impersonal("body", "ids and kinds of events, nothing about people (14-2)"),
        ),
    ),
    Store("webhooks.WatchedMx", Purpose.OPERATION, Basis.INSTRUCTION, Kept.WHILE_USED, ()),
)
