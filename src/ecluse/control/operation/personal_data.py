"""What is held of people with what nodes and workers tell of themselves."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

_NODE = Impersonal("node", "a machine of the provider")
_QUEUE = "as long as the message waits in the queue: five days, 168 hours at an outage (11-2)"

PERSONAL_DATA = (
    Store(
        "operation.ToldReport",
        Purpose.OPERATION,
        Basis.INTEREST,
        Kept.WHILE_USED,
        (_NODE, Impersonal("body", "figures of a machine")),
    ),
    Store(
        "operation.ToldBacklog",
        Purpose.DELIVERY,
        Basis.INSTRUCTION,
        Kept.BODIES,
        (
            _NODE,
            Impersonal("destination", "a domain"),
            Personal("reason", Holds.WORDS, Whose.CORRESPONDENT, Erasing.LAPSES, _QUEUE),
            Personal("messages", Holds.SEALED, Whose.CORRESPONDENT, Erasing.LAPSES, _QUEUE),
        ),
    ),
    Store("operation.ListingAlarm", Purpose.OPERATION, Basis.INTEREST, Kept.WHILE_USED, (_NODE,)),
    Store(
        "operation.JobRun",
        Purpose.OPERATION,
        Basis.INTEREST,
        Kept.WHILE_USED,
        (
            Impersonal("job", "a word of ours"),
            Impersonal("worker", "a machine of the provider"),
            Impersonal("trouble", "a word of ours"),
        ),
    ),
)
