"""Pictures: codes to scan, links in their notes, and what hangs behind their end."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
from collections.abc import Iterator

from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from ecluse.opening.budget import Budget
from ecluse.opening.flags import Flag
from ecluse.opening.pictures.jpeg import without_junk
from ecluse.opening.pictures.memory import MEMORY
from ecluse.opening.pictures.qr import qr_in_picture
from ecluse.opening.pieces import Broken, Entry, File, Flagged, Piece, QrText, SilentPicture, Url
from ecluse.opening.types import Type
from ecluse.opening.urls import urls_in

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM")
MAX_PIXELS = 60_000_000  # Of one picture: A4 at 600 dots an inch has 35 million.
LEAST_SIDE = 21  # Pixels: the smallest QR code with one pixel a module.
MAX_FRAMES = 3  # Of a film.
MAX_NOTE_CHARACTERS = 65_536
_UNREAD = Flagged(Flag.CODES_UNREAD)
_APPENDED = (
    b"MZ",
    b"PK\x03\x04",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"<script",
    b"<html",
    b"<?php",
)

# Both are bombs' limits of the library's own; `_opened` looks before anything is unpacked.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
PngImagePlugin.MAX_TEXT_MEMORY = 1_048_576
Image.preinit()
Image.init()  # Loads every plugin now: none can be loaded in the locked room.


def open_picture(file: File, budget: Budget) -> Iterator[Piece]:
    """Codes and links; a picture that cannot be read shows nothing to its reader either."""
    yield from _appended(file.content)
    pieces: list[Piece] = []
    known = MEMORY.recall(file.digest)
    for piece in _shown(file, budget) if known is None else known:
        pieces.append(piece)
        yield piece
    if _UNREAD not in pieces:
        MEMORY.keep(file.digest, tuple(pieces))
    if all(isinstance(piece, Url) for piece in pieces):
        yield SilentPicture(file.digest)


def _shown(file: File, budget: Budget) -> Iterator[Piece]:
    with warnings.catch_warnings(), _as_far_as_it_goes():
        warnings.simplefilter("ignore")  # Damaged pictures are everyday; what matters is raised or counted.
        picture = _opened(without_junk(file.content) if file.type is Type.JPEG else file.content)
        if picture is None:
            return
        yield from _notes(picture)
        # To unpack it is what costs; notes, which most drawings have, are read all the same.
        if not MEMORY.is_silent(file.digest):
            yield from _codes(picture, budget)


@contextlib.contextmanager
def _as_far_as_it_goes() -> Iterator[None]:
    """Of a picture that is cut short every reader shows what there is; the library has one word for the whole process."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _opened(content: bytes) -> Image.Image | None:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return None


def _codes(picture: Image.Image, budget: Budget) -> Iterator[Piece]:
    for index in range(MAX_FRAMES):
        if min(picture.size) < LEAST_SIDE or not _goes_to(picture, index):
            return
        # JPEG can be unpacked at half, a quarter or an eighth of its size.
        picture.draft("L", (1_200, 1_200))
        width, height = picture.size
        if width * height > MAX_PIXELS or not budget.may_spend_pixels(width * height):
            yield _UNREAD
            return
        try:
            # A picture that is cut short is a TypeError to the reader of codes.
            yield from map(QrText, qr_in_picture(picture))
        except (OSError, SyntaxError, ValueError, TypeError, struct.error, EOFError) as problem:
            yield Broken(f"picture: {type(problem).__name__}")
            return


def _goes_to(picture: Image.Image, index: int) -> bool:
    try:
        picture.seek(index)
    except (EOFError, OSError, ValueError, SyntaxError, struct.error):
        return False
    return True


def _notes(picture: Image.Image) -> Iterator[Piece]:
    """Links in text chunks, comments and EXIF."""
    texts = [value for value in picture.info.values() if isinstance(value, str)]
    texts += [value.decode("latin-1") for value in picture.info.values() if isinstance(value, bytes)]
    texts += [str(value) for value in _exif(picture).values()]
    for text in texts:
        yield from map(Url, urls_in(text[:MAX_NOTE_CHARACTERS]))


def _exif(picture: Image.Image) -> dict[int, object]:
    try:
        return dict(Image.Image.getexif(picture))  # That of PNG would unpack the picture first.
    except Exception:  # noqa: BLE001 - the library raises a dozen kinds on damaged notes; a picture shows without them.
        return {}


def _appended(content: bytes) -> Iterator[Piece]:
    """A file of another kind behind the end of a PNG or JPEG: one for the eye, one for the unpacker."""
    end = _png_end(content) if content.startswith(b"\x89PNG") else content.rfind(b"\xff\xd9") + 2
    tail = content[end:].lstrip(b"\0\r\n ") if end > 2 else b""
    if tail.startswith(_APPENDED):
        yield Flagged(Flag.POLYGLOT)
        yield Entry("", tail, is_member=False)


def _png_end(content: bytes) -> int:
    at = 8
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        at += 12 + size
        if kind == b"IEND":
            return at
    return len(content)
