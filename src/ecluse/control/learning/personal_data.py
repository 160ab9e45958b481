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
        "learning.SharedLesson",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.LOGS,
        (
            Impersonal("node", "a machine of the provider"),
            Impersonal("log", "a time"),
            Personal("voter", Holds.ADDRESS, Whose.MEMBER, Erasing.UNNAMED),
            Impersonal("message", "an id, and a digest"),
            Personal(
                "tokens",
                Holds.SEALED,
                Whose.ANYBODY,
                Erasing.LAPSES,
                "numbers of tokens under a digest of who said so: nobody can be found in it (GDPR art. 11)",
            ),
            Impersonal("target_node", "a machine of the provider"),
            Impersonal("target_log", "a time"),
        ),
    ),
    Store(
        "learning.VoterKey",
        Purpose.FILTERING,
        Basis.INSTRUCTION,
        Kept.WHILE_USED,
        (Impersonal("octets", "a random key"),),
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
