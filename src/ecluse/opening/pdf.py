"""PDF: what it does by itself, what it sends, loads and carries, its text, and the codes on its first page."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator

import pikepdf
import pypdfium2

from ecluse.opening.budget import Budget, Limits
from ecluse.opening.flags import Flag
from ecluse.opening.pictures.qr import qr_in_picture
from ecluse.opening.pieces import Broken, EmbeddedObject, Entry, ExternalLink, File, Flagged, Piece, QrText, Text, Url
from ecluse.opening.urls import urls_in

logging.getLogger("pikepdf").setLevel(logging.CRITICAL)  # What it says of damaged files is for its own users.

MAX_OBJECTS = 500_000
MAX_NESTING = 20
# Where a packed file stands (ISO 32000 table 44), one for each system: a reader takes the one that it likes best.
_SYSTEMS = ("/UF", "/F", "/DOS", "/Mac", "/Unix")
MAX_VALUES = 5_000_000  # Of all objects.
MAX_PAGES = 20  # Whose text is read.
MAX_PAGE_CHARACTERS = 32_768
MAX_RENDERED_SIDE = 1_600  # Pixels.
_ZIP_END_REACH = 65_557  # The end record and the longest comment.
MAX_SCRIPT_OCTETS = 1_048_576
# What a name in a dictionary says by its mere presence.
_KEYS = {
    "/JS": Flag.PDF_JAVASCRIPT,
    "/OpenAction": None,
    "/AA": None,
    "/XFA": Flag.PDF_XFA,
    "/RichMedia": Flag.PDF_RICH_MEDIA,
    "/EmbeddedFile": Flag.PDF_EMBEDDED_FILE,
}
_ACTIONS = {
    "/JavaScript": Flag.PDF_JAVASCRIPT,
    "/Launch": Flag.PDF_LAUNCH,
    "/SubmitForm": Flag.PDF_SUBMIT,
    "/ImportData": Flag.PDF_SUBMIT,
    "/GoToR": Flag.PDF_REMOTE,
    "/GoToE": Flag.PDF_REMOTE,
    "/Rendition": Flag.PDF_RICH_MEDIA,
    "/RichMediaExecute": Flag.PDF_RICH_MEDIA,
}
_ANNOTATIONS = {"/RichMedia": Flag.PDF_RICH_MEDIA, "/3D": Flag.PDF_RICH_MEDIA, "/Screen": None, "/FileAttachment": None}
_DOING = frozenset({"/JavaScript", "/Launch", "/SubmitForm", "/ImportData"})
_NAME_ESCAPE = re.compile(rb"#([0-9a-fA-F]{2})")
_ROUGH = (
    (re.compile(rb"/(?:JS|JavaScript)\b"), Flag.PDF_JAVASCRIPT),
    (re.compile(rb"/Launch\b"), Flag.PDF_LAUNCH),
    (re.compile(rb"/SubmitForm\b"), Flag.PDF_SUBMIT),
    (re.compile(rb"/EmbeddedFiles?\b"), Flag.PDF_EMBEDDED_FILE),
    (re.compile(rb"/XFA\b"), Flag.PDF_XFA),
)
_ROUGH_URI = re.compile(rb"/URI\s{0,9}\(((?:[^()\\]|\\.){1,2048})\)", re.DOTALL)


def warm_up() -> None:
    """Have both libraries load what they load at their first document: before the room is locked."""
    blank, octets = pikepdf.new(), io.BytesIO()
    blank.add_blank_page(page_size=(72, 72))
    # An encrypted one: whoever deciphers it wants random numbers first, from a device that the lock keeps shut.
    blank.save(octets, encryption=pikepdf.Encryption(user="", owner="warm"))
    warm = File(octets.getvalue())
    for _ in open_pdf(warm, Budget(Limits(), len(warm.content))):
        continue


def open_pdf(file: File, budget: Budget) -> Iterator[Piece]:
    """Structure first; where it cannot be read, what its octets show; then text and codes."""
    if not file.content.startswith(b"%PDF-"):
        yield Flagged(Flag.PREPENDED)
    yield from _zip_inside(file.content)
    opened = _opened(file)
    if opened is None:
        yield Flagged(Flag.ENCRYPTED_DOCUMENT)
        yield Broken("encrypted", is_encrypted=True)
        return
    if isinstance(opened, str):
        yield Broken(opened)
        yield from _rough_pieces(file.content)
        return
    with opened as document:
        if document.is_encrypted:
            yield from _closed(document)
        yield from _structure(document, budget)
    yield from _shown_pieces(file, budget)


def _zip_inside(content: bytes) -> Iterator[Piece]:
    """A zip that unpackers see in the same octets: they look for its end, readers of PDF for its header."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - _ZIP_END_REACH))
    start = content.find(b"PK\x03\x04", 0, max(end, 0))
    if start >= 0:
        yield Flagged(Flag.POLYGLOT)
        yield Entry("", content[start:], is_member=False)


def _opened(file: File) -> pikepdf.Pdf | str | None:
    """The document; why it cannot be read; None when no password fits."""
    for password in ("", *file.passwords):
        try:
            return pikepdf.open(io.BytesIO(file.content), password=password, suppress_warnings=True)
        except pikepdf.PasswordError:
            continue
        except (pikepdf.PdfError, ValueError, OverflowError) as problem:
            return f"unreadable: {type(problem).__name__}"
    return None


def _closed(document: pikepdf.Pdf) -> Iterator[Piece]:
    """Anybody may open a document whose user password is empty: that is no secret."""
    if not document.user_password_matched or document.allow.extract is None:
        yield Flagged(Flag.ENCRYPTED_DOCUMENT)


def _structure(document: pikepdf.Pdf, budget: Budget) -> Iterator[Piece]:
    root = document.Root
    if _does_something(root.get("/OpenAction")) or _acts(root.get("/AA")):
        yield Flagged(Flag.PDF_AUTO_ACTION)
    left = MAX_VALUES
    for count, found in enumerate(document.objects):
        budget.check_time()
        if count == MAX_OBJECTS or left <= 0:
            yield Flagged(Flag.LIMIT)
            return
        for dictionary in _dictionaries(found):
            keys = set(dictionary.keys())
            left -= len(keys)
            yield from _dictionary_pieces(dictionary, keys, budget)


def _dictionaries(found: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """A direct object and the dictionaries written inside it; what stands elsewhere comes in its own turn."""
    todo: list[tuple[pikepdf.Object, int]] = [(found, 0)]
    while todo:
        value, depth = todo.pop()
        if depth > MAX_NESTING:
            continue
        if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
            yield value
            todo += [(inner, depth + 1) for _, inner in value.items() if _is_direct(inner)]
        elif isinstance(value, pikepdf.Array):
            todo += [(inner, depth + 1) for inner in list(value)[:1_000] if _is_direct(inner)]


def _is_direct(value: object) -> bool:
    return isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect


def _dictionary_pieces(dictionary: pikepdf.Object, keys: set[str], budget: Budget) -> Iterator[Piece]:
    yield from (Flagged(flag) for key, flag in _KEYS.items() if key in keys and flag)
    action = str(dictionary.get("/S", "")) if "/S" in keys else ""
    if flag := _ACTIONS.get(action):
        yield Flagged(flag)
    if "/Subtype" in keys and (flag := _ANNOTATIONS.get(str(dictionary.get("/Subtype")))):
        yield Flagged(flag)
    if "/URI" in keys:
        yield from _uris(dictionary.get("/URI"))
    if "/JS" in keys:
        yield from _script(dictionary.get("/JS"))
    if action in {"/GoToR", "/GoToE", "/SubmitForm", "/Launch", "/ImportData"}:
        yield from _targets(dictionary)
    if "/EF" in keys:
        yield from _embedded(dictionary, budget)


def _does_something(action: pikepdf.Object | None) -> bool:
    """Whether an action is more than showing a page."""
    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S", "")) in _DOING


def _acts(actions: pikepdf.Object | None) -> bool:
    return isinstance(actions, pikepdf.Dictionary) and any(_does_something(value) for _, value in actions.items())


def _text_of(value: object) -> str:
    """A string, or a stream's octets as text."""
    if isinstance(value, pikepdf.Stream):
        try:
            return value.read_bytes()[:MAX_SCRIPT_OCTETS].decode("latin-1")
        except (pikepdf.PdfError, ValueError):
            return ""
    return str(value) if isinstance(value, pikepdf.String) else ""


def _uris(value: object) -> Iterator[Piece]:
    text = _text_of(value).strip().replace("\r", "").replace("\n", "")
    if text:
        yield Url(text[:2_048])


def _script(value: object) -> Iterator[Piece]:
    script = _text_of(value)
    yield Text(script)
    yield from map(Url, urls_in(script))
    if re.search(
        r"\b(?:eval|unescape|exportDataObject|launchURL|submitForm|getAnnots?|String\.fromCharCode)\b", script
    ):
        yield Flagged(Flag.SUSPICIOUS_SCRIPT)


def _targets(action: pikepdf.Object) -> Iterator[Piece]:
    """Where an action leads: a file specification, by itself or in a dictionary."""
    target = action.get("/F")
    if isinstance(target, pikepdf.Dictionary):
        target = target.get("/UF", target.get("/F"))
    text = _text_of(target)
    windows = action.get("/Win")
    if not text and isinstance(windows, pikepdf.Dictionary):
        text = _text_of(windows.get("/F"))
    if text:
        yield ExternalLink(text[:2_048])
        yield from map(Url, urls_in(text))


def _embedded(specification: pikepdf.Object, budget: Budget) -> Iterator[Piece]:
    name = _text_of(specification.get("/UF", specification.get("/F"))) or "attachment"
    files = specification.get("/EF")
    if not isinstance(files, pikepdf.Dictionary):
        return
    yield Flagged(Flag.PDF_EMBEDDED_FILE)
    yield EmbeddedObject(name)
    found = [stream for key in _SYSTEMS if isinstance(stream := files.get(key), pikepdf.Stream)]
    for stream in {stream.objgen: stream for stream in found}.values():
        yield _entry(name, stream, budget)


def _entry(name: str, stream: pikepdf.Stream, budget: Budget) -> Entry:
    """The file, unless its filters are unknown or it is larger than may be."""
    try:
        return Entry(name, _inflated(stream, budget))
    except (pikepdf.PdfError, zlib.error, ValueError) as problem:
        return Entry(name, None, error=f"unreadable: {type(problem).__name__}")


def _inflated(stream: pikepdf.Stream, budget: Budget) -> bytes:
    """By zlib itself where that is the only filter: it can stop before a bomb has gone off."""
    if stream.get("/Filter") == pikepdf.Name.FlateDecode and "/DecodeParms" not in stream:
        most = budget.octets_left
        content = zlib.decompressobj().decompress(stream.read_raw_bytes(), most + 1)
        budget.check_octets(len(content))
        return content
    return stream.read_bytes()


def _shown_pieces(file: File, budget: Budget) -> Iterator[Piece]:
    """Text of the first pages, and the codes on the very first."""
    for password in ("", *file.passwords):
        try:
            shown = pypdfium2.PdfDocument(file.content, password=password or None)
        except pypdfium2.PdfiumError:
            continue
        try:
            yield from _pages(shown, budget)
        finally:
            shown.close()
        return


def _pages(shown: pypdfium2.PdfDocument, budget: Budget) -> Iterator[Piece]:
    for index in range(min(len(shown), MAX_PAGES)):
        budget.check_time()
        try:
            page = shown[index]
            text = _page_text(page)
            codes = _page_codes(page, budget) if index == 0 else []
        except pypdfium2.PdfiumError as problem:
            yield Broken(f"page {index + 1}: {type(problem).__name__}")
            continue
        yield Text(text)
        yield from map(Url, urls_in(text))
        yield from map(QrText, codes)


def _page_text(page: pypdfium2.PdfPage) -> str:
    text = page.get_textpage()
    count = min(text.count_chars(), MAX_PAGE_CHARACTERS)
    return str(text.get_text_range(0, count)) if count > 0 else ""


def _page_codes(page: pypdfium2.PdfPage, budget: Budget) -> list[str]:
    width, height = page.get_size()
    if not (width >= 1 and height >= 1):
        return []
    scale = min(2.0, MAX_RENDERED_SIDE / max(width, height))
    if not budget.may_spend_pixels(int(width * scale) * int(height * scale)):
        return []
    return qr_in_picture(page.render(scale=scale, grayscale=True).to_pil())


def _rough_pieces(content: bytes) -> Iterator[Piece]:
    """What stands plainly in the octets, names without their escapes."""
    plain = _NAME_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), content)
    yield from (Flagged(flag) for pattern, flag in _ROUGH if pattern.search(plain))
    for found in _ROUGH_URI.finditer(plain):
        yield Url(found[1].decode("latin-1"))
    yield from map(Url, urls_in(content.decode("latin-1")))
