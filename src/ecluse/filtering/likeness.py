"""By which names near-identical outbound messages are counted together (3-11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xxhash import xxh3_64, xxh3_64_hexdigest

from ecluse.domain.content import Content
from ecluse.filtering.body import Body, TextPart, read_texts
from ecluse.filtering.message_files import MessageFiles
from ecluse.wire.mime.fields import HeaderSection
from ecluse.wire.mime.structure import every_part, walk
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


def likeness_alone(content: Content, section: HeaderSection) -> tuple[str, ...]:
    """As `likeness`, of a message that nobody else reads: no further than up to the last word that counts.

    Most mailings say all in plain text, and once more as a page, which takes ten times as long to read.
    """
    root = walk(content, None, section)
    parts = tuple(every_part(root))
    read: list[TextPart] = []
    bands = text_fingerprints(_visible(read_texts(content, parts), read))
    if bands:
        return bands
    body = Body(root, parts, tuple(read))
    return (_of_short(section, [text.visible for text in read], body, MessageFiles(content, body)),)


def _visible(texts: Iterator[TextPart], read: list[TextPart]) -> Iterator[str]:
    for text in texts:
        read.append(text)
        yield text.visible


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
