"""What is held of people with what jobs could not do: nothing."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Impersonal, Kept, Purpose, Store

PERSONAL_DATA = (
    Store(
        "attempts.Attempt",
        Purpose.OPERATION,
        Basis.INTEREST,
        Kept.WHILE_USED,
        (
            Impersonal("work", "a word of ours"),
            Impersonal("row", "the number of a row"),
            Impersonal("problem", "a word of ours"),
        ),
    ),
)
