"""What one mail to the provider's support says, as it is carried up to the console."""

from __future__ import annotations

from dataclasses import dataclass

MAX_NAME = 200
MAX_SUBJECT = 200
MAX_TEXT = 20_000
MAX_MESSAGE_ID = 300
MAX_THREAD = 40  # Ids of mails that one answers.
MAX_FILE_NAME = 200
MAX_KIND = 100
MAX_FILES = 10
MAX_FILE_OCTETS = 5_242_880  # Of one of them.
MAX_ALL_OCTETS = 10_485_760  # Of all of them.


@dataclass(frozen=True, slots=True)
class SupportFile:
    """A file that came with it."""

    name: str  # As its sender calls it, on one line.
    kind: str  # As its sender says: "image/png". Nothing is shown by it.
    octets: bytes


@dataclass(frozen=True, slots=True)
class SupportMail:
    """All of it that is kept."""

    id: str  # The message's, in the log.
    received_at: float  # UTC, seconds since the epoch.
    sender: str  # The one address in From, in lower case; "" where there is none, or are several.
    sender_name: str
    proven: str  # The registered domain that stands behind that address; "": anybody may have written it.
    subject: str
    text: str
    message_id: str  # Without angle brackets; "" for none that could be named again.
    thread: tuple[str, ...]  # The ids that it answers, the nearest first; as above.
    is_automatic: bool  # No person has written it.
    files: tuple[SupportFile, ...]
    left_out: int  # So many more files, too large or too many.
    returned: str = ""  # The id of the mail that a server gives back with it; "" for what is no bounce.
