"""By which names near-identical outbound messages are counted together (3-11)."""

from __future__ import annotations

from collections.abc import Iterable

from xxhash import xxh3_64, xxh3_64_hexdigest

from ecluse.filtering.body import Body
from ecluse.filtering.message_files import MessageFiles
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.words import decode_words
from ecluse.wire.similarity.fingerprints import MAX_CHARACTERS, text_fingerprints

MAX_FILES = 5
_MAX_SUBJECT = 2_000  # Octets.


def likeness(section: HeaderSection, body: Body, files: MessageFiles) -> tuple[str, ...]:
    """The bands of its text; of a text that is too short for that its words, the subject's and its files together.

    So every message has a name. "Please find attached" alone is nobody's own, with one subject and one file it is.
    """
    texts = [text.visible for text in body.texts]
    return text_fingerprints(texts) or (_of_short(section, texts, body, files),)


def _of_short(section: HeaderSection, texts: list[str], body: Body, files: MessageFiles) -> str:
    field = section.first(b"subject")
    subject = decode_words(field.value[:_MAX_SUBJECT]) if field else ""
    words = " ".join(_words(subject) + _words(" ".join(texts)[:MAX_CHARACTERS]))
    parts = [part for part in body.leaves if not part.type.startswith("text/")][:MAX_FILES]
    digests = [_digest(files.chunks(part)) for part in parts]
    return f"s{xxh3_64_hexdigest(repr((words, digests)).encode('utf-8', 'replace'))}"


def _digest(chunks: Iterable[bytes]) -> str:
    digest = xxh3_64()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _words(text: str) -> list[str]:
    """Without what a mailing puts in for each reader: numbers, links, addresses."""
    return [word for word in text.lower().split() if word.isalpha()]
