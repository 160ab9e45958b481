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
    Store(
        "learning.LessonMailbox",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (
            Impersonal("host", "a server of the client"),
            Impersonal("authority", "a certificate"),
            Impersonal("user", "the account of a program"),
            Impersonal("secret", "of a program"),
            Impersonal("spam_folder", "the name of a folder"),
            Impersonal("ham_folder", "the name of a folder"),
            Impersonal("trouble", "a word of ours"),
            Impersonal("said", "what a server said of the account of a program"),
        ),
    ),
)
