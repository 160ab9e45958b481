"""What lessons hold of people."""

from __future__ import annotations

from ecluse.domain.personal_data import Basis, Erasing, Holds, Impersonal, Kept, Personal, Purpose, Store, Whose

PERSONAL_DATA = (
    Store(
        "learning.Lesson",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("node", "a machine of the provider"),
            Personal("voter", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Impersonal("message", "an id, and a digest"),
            Personal("taken_back_by", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
        ),
    ),
)
