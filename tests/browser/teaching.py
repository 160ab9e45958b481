"""Lessons of the console's client: of several people, by several ways, one taken back; and folders that could not be read."""

from __future__ import annotations

import time
from typing import Any

from django_scopes import scope

from ecluse.control.learning.models import Lesson, LessonMailbox

_SAID = (
    ("administrator", "person:olive@one.example", "learned"),
    ("report", "9f3c5a7e11223344", "waiting"),
    ("release", "00112233445566778899aabbccddeeff", "shadow"),
    ("recipient", "9f3c5a7e11223344", "ignored"),
)


def furnish_lessons(client: Any) -> None:
    """Written as its node does."""
    now = time.time()
    with scope(client=client):
        for number, (channel, voter, standing) in enumerate(_SAID, 1):
            said = {"channel": channel, "voter": voter, "standing": standing, "is_spam": number % 2 == 1}
            message = f"{number:032x}/{'0' * 16}"
            Lesson.objects.create(
                client=client, node="mx1", number=number, at=now - 3_600 * number, message=message, **said
            )
        Lesson.objects.filter(number=1).update(taken_back_at=now, taken_back_by="person:olive@one.example")
        LessonMailbox.objects.create(
            client=client,
            host="imap.one.example",
            port=993,
            user="lessons@one.example",
            secret=b"sealed",
            spam_folder="Lessons/Spam",
            ham_folder="Lessons/NotSpam",
            every_minutes=60,
            due_at=now,
            read_at=now - 600,
            trouble="no-folder",
            said="NO [NONEXISTENT] Mailbox doesn't exist: Lessons/NotSpam (0.001 + 0.000 secs).",
        )
