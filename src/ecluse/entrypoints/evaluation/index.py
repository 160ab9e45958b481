"""An index of labelled messages: lines of `<class> <path>` in the order of delivery, as the TREC spam track has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecluse.domain.errors import BadConfig

MAX_INDEX_BYTES = 268_435_456
MAX_MESSAGE_BYTES = 1_048_576  # Of one message: what lies behind is not read.
SPAM_CLASSES = {"ham": False, "spam": True, "phish": True}


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled message."""

    path: Path
    is_spam: bool
    name: str  # The path as the index has it.

    def read(self) -> bytes:
        """The octets of the file, the first `MAX_MESSAGE_BYTES` of them."""
        with self.path.open("rb") as file:
            return file.read(MAX_MESSAGE_BYTES)


def read_index(index: Path) -> tuple[Entry, ...]:
    """The entries in order. Raises `BadConfig` for a file that is no index.

    Paths are relative to the index's folder (`../data/1`, TREC) or to the folder above it (`ham/1`): whichever of the
    two has the first message.
    """
    lines = _lines(index)
    entries = [_parsed(index, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not entries:
        raise BadConfig(str(index), 0, "", "expected lines of <class> <path>")
    root = _root(index, entries[0][1])
    return tuple(Entry(root / path, is_spam, path) for is_spam, path in entries)


def thinned(entries: tuple[Entry, ...], count: int) -> tuple[Entry, ...]:
    """So many entries in their order, half of them spam where there is enough of both, each class at even distances.

    All of them for 0, or where there are no more.
    """
    if not 0 < count < len(entries):
        return entries
    spam = [place for place, entry in enumerate(entries) if entry.is_spam]
    ham = [place for place, entry in enumerate(entries) if not entry.is_spam]
    spam_count = min(len(spam), max(count // 2, count - len(ham)))
    chosen = (*_spread(spam, spam_count), *_spread(ham, count - spam_count))
    return tuple(entries[place] for place in sorted(chosen))


def _spread(places: list[int], count: int) -> list[int]:
    return [places[number * len(places) // count] for number in range(count)]


def _lines(index: Path) -> list[str]:
    try:
        if index.stat().st_size > MAX_INDEX_BYTES:
            raise BadConfig(str(index), 0, "", f"expected at most {MAX_INDEX_BYTES} octets")
        return index.read_text("utf-8", "surrogateescape").splitlines()
    except OSError as problem:
        raise BadConfig(str(index), 0, "", f"cannot be read: {problem.strerror}") from problem


def _parsed(index: Path, number: int, line: str) -> tuple[bool, str]:
    word, _, path = line.strip().partition(" ")
    is_spam = SPAM_CLASSES.get(word.lower())
    if is_spam is None or not path:
        raise BadConfig(str(index), number, "", f"expected <class> <path> with one of {', '.join(SPAM_CLASSES)}")
    return is_spam, path.strip()


def _root(index: Path, first: str) -> Path:
    for root in (index.parent, index.resolve().parent.parent):
        if (root / first).is_file():
            return root
    raise BadConfig(str(index), 1, "", f"{first} is neither beside the index nor in the folder above it")
