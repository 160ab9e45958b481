"""Pictures in which helpers have found no code, handed on to the next helper: a house's logo outlives a few dozen files.

Only that no code was found is handed on. A helper that was taken over could not say of others' pictures what is not in them;
and who can take over one may send what does it along with each picture that it shall not see.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace

from ecluse.domain.opened import Opened
from ecluse.opening.found import MAX_SILENT

DIGEST_OCTETS = 32


class SilentPictures:
    """The ones that came last, by their SHA-256; lives and dies with its process, as the openers do."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._seen)

    def taken_from(self, opened: Opened) -> Opened:
        """Remember those of an answer, and forget what did not come for the longest time; the answer without them."""
        if not opened.silent_pictures:
            return opened
        for digest in opened.silent_pictures[:MAX_SILENT]:
            # It comes from a helper, and goes to the next one: nothing but a digest does.
            if len(digest) == DIGEST_OCTETS:
                self._seen[digest] = None
                self._seen.move_to_end(digest)
        while len(self._seen) > MAX_SILENT:
            self._seen.popitem(last=False)
        return replace(opened, silent_pictures=())
