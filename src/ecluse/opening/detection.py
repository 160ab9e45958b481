"""Which type a file has: by how it begins and what it is built of, never by its name; then as libmagic sees it."""

from __future__ import annotations

import struct
import zlib

import magic

from ecluse.opening.disks.exfat import is_exfat
from ecluse.opening.disks.ntfs import is_ntfs
from ecluse.opening.magics import magics_for
from ecluse.opening.scripts import text_type
from ecluse.opening.types import OLE_BUILT, Type

_HEAD_OCTETS = 65_536
_PDF_REACH = 1_024  # Readers look so far for "%PDF-" (ISO 32000-1, annex H.3.4.1).
_ZIP_END_REACH = 65_557  # The end record and the longest comment.


# A name in a zip -> what it makes of it, the first that is there.
_ZIP_MARKS: tuple[tuple[bytes, Type], ...] = (
    (b"AndroidManifest.xml", Type.APK),
    (b"AppxManifest.xml", Type.APPX),
    (b"AppxBundleManifest.xml", Type.APPX),
    (b"META-INF/mozilla.rsa", Type.XPI),
    (b"FixedDocSeq.fdseq", Type.XPS),
    (b"FixedDocumentSequence.fdseq", Type.XPS),
    (b"META-INF/container.xml", Type.EPUB),
    (b"word/document", Type.DOCX),
    (b"xl/workbook", Type.XLSX),
    (b"ppt/presentation", Type.PPTX),
    (b"visio/document", Type.VISIO),
    (b"[Content_Types].xml", Type.OOXML),
    (b"META-INF/manifest.xml", Type.ODF),
    (b"META-INF/MANIFEST.MF", Type.JAR),
)
# How a header begins (APPNOTE 4.3.7 and 4.3.12), and where in it stand the length of the name and the name.
_ZIP_HEADERS = ((b"PK\x01\x02", 28, 46), (b"PK\x03\x04", 26, 30))
_MAX_ZIP_NAMES = 4_000
_MAX_ZIP_NAME = 1_024
_ODF = b"mimetypeapplication/vnd.oasis.opendocument"
_EPUB = b"mimetypeapplication/epub+zip"


def _wide(name: str) -> bytes:
    return name.encode("utf-16-le")


# A name of a stream, or the class of the root, in a compound file -> what it makes of it.
_OLE_MARKS: tuple[tuple[bytes, Type], ...] = (
    (b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", Type.MSI),
    (b"\x86\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", Type.MSI),  # A patch of one.
    (_wide("EncryptedPackage"), Type.ENCRYPTED_OOXML),
    (_wide("__properties_version1.0"), Type.MSG),
    (_wide("WordDocument"), Type.DOC),
    (_wide("PowerPoint Document"), Type.PPT),
    (_wide("Workbook\0"), Type.XLS),
    (_wide("Book\0"), Type.XLS),
    (_wide("HwpSummaryInformation"), Type.HWP),
)

# As libmagic names them -> as we do.
_SECOND_OPINION: tuple[tuple[str, Type], ...] = (
    ("application/x-dosexec", Type.DOS_PROGRAM),
    ("application/x-mach-binary", Type.MACH_O),
    ("application/x-executable", Type.ELF),
    ("application/vnd.ms-cab-compressed", Type.CAB),
    ("application/x-lha", Type.LHA),
    ("application/x-tar", Type.TAR),
    ("application/x-stuffit", Type.STUFFIT),
    ("application/x-bytecode.python", Type.PYTHON_CODE),
    ("application/pkcs7", Type.PKCS7),
    ("application/pgp", Type.PGP),
    ("application/vnd.ms-htmlhelp", Type.CHM),
    ("application/postscript", Type.POSTSCRIPT),
    ("image/", Type.IMAGE),
    ("audio/", Type.AUDIO),
    ("video/", Type.VIDEO),
    ("font/", Type.FONT),
)

_HEADERLESS = (".com", ".exe", ".scr", ".pif", ".sys", ".bin")
_libmagic = magic.Magic(mime=True)
# It knows types by their octets, and all that it would say beside (charsets, tables, JSON) takes three quarters of its time.
# The binding is older than MAGIC_NO_CHECK_JSON of magic.h. A tar without "ustar" is only known by its checksums: that is code.
_NO_JSON = 0x400000
_BUILT_IN: int = magic.MAGIC_NO_CHECK_BUILTIN  # type: ignore[attr-defined]  # left out of its stubs
_BY_OCTETS = (_BUILT_IN | _NO_JSON) & ~magic.MAGIC_NO_CHECK_TAR
magic.magic_setflags(_libmagic.cookie, _libmagic.flags | _BY_OCTETS)


def warm_up() -> None:
    """Have libmagic read its database, which it does at its first question: before the room is locked."""
    _libmagic.from_buffer(b"\x01\x02\x03\x04 warm")


def detect(content: bytes, name: str = "") -> Type:
    """The type by content; never raises. The name only tells texts apart that look alike."""
    if not content:
        return Type.EMPTY
    if content[:2] in {b"MZ", b"ZM"}:
        return _program_type(content)
    for offset, octets, kind in magics_for(content):
        if content.startswith(octets, offset):
            return _refined(content, kind, name)
    return _less_sure(content, name)


def _less_sure(content: bytes, name: str) -> Type:
    return _structured_type(content) or text_type(content, name) or _second_opinion(content, name)


def _refined(content: bytes, kind: Type, name: str) -> Type:
    if kind is Type.ZIP:
        return _zip_type(content)
    if kind in OLE_BUILT:
        return next((found for mark, found in _OLE_MARKS if mark in content), kind)
    if kind in _PROOFS and not _PROOFS[kind](content):
        return _less_sure(content, name)
    return kind


def _zip_type(content: bytes) -> Type:
    if content.startswith(_ODF, 30):
        return Type.ODF
    if content.startswith(_EPUB, 30):
        return Type.EPUB
    names = _zip_names(content)
    return next((found for mark, found in _ZIP_MARKS if mark in names), Type.ZIP)


def _zip_names(content: bytes) -> bytes:
    """The names that stand behind anything that looks like a header; the whole content where there are none, or too many.

    To look through the content for each mark would cost as much as to unpack it.
    """
    names: list[bytes] = []
    for signature, length_at, name_at in _ZIP_HEADERS:
        at = content.find(signature)
        while at >= 0:
            if len(names) == _MAX_ZIP_NAMES:
                return content
            length = int.from_bytes(content[at + length_at : at + length_at + 2], "little")
            names.append(content[at + name_at : at + name_at + min(length, _MAX_ZIP_NAME)])
            at = content.find(signature, at + 4)
    return b"\0".join(names) if names else content


def _program_type(content: bytes) -> Type:
    if len(content) >= 64:
        at = struct.unpack_from("<I", content, 60)[0]
        if content[at : at + 2] in {b"PE", b"NE", b"LE", b"LX"}:
            return Type.PE
    # A text may begin with these letters; a program has octets that no text has.
    return Type.DOS_PROGRAM if len(content) >= 28 and b"\0" in content[:1_024] else text_type(content) or Type.UNKNOWN


def _structured_type(content: bytes) -> Type | None:
    """What shows by more than one constant."""
    for kind, is_it in _SHAPES:
        if is_it(content):
            return kind
    return _hidden_type(content)


def _is_class(content: bytes) -> bool:
    # A class file has its version where a fat binary has the number of its parts; both begin with the same word.
    return content.startswith(b"\xca\xfe\xba\xbe") and int.from_bytes(content[4:8], "big") > 40


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:_PDF_REACH]


def _is_bitmap(content: bytes) -> bool:
    return content.startswith(b"BM") and len(content) >= 26 and content[6:10] == b"\0\0\0\0"


def _is_mpeg_audio(content: bytes) -> bool:
    return content[:1] == b"\xff" and len(content) >= 2 and content[1] & 0xE6 in {0xE2, 0xE4}


def _hidden_type(content: bytes) -> Type | None:
    """A zip or a compound file whose beginning is something else, as some readers find them."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - _ZIP_END_REACH))
    if end >= 0 and (b"PK\x03\x04" in content or b"PK\x01\x02" in content):
        return _zip_type(content)
    return None


def _is_old_tar(content: bytes) -> bool:
    """A header without "ustar" whose checksum fits."""
    header = content[:512]
    if len(header) < 512 or not header[0]:
        return False
    try:
        told = int(header[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return told == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _is_disk(content: bytes) -> bool:
    """A boot sector: of a FAT, NTFS or exFAT volume, or with a table of partitions."""
    if len(content) < 1_024:
        return False
    if is_ntfs(content) or is_exfat(content):
        return True
    if content[510:512] != b"\x55\xaa":
        return False
    if content[:1] in {b"\xeb", b"\xe9"} and b"FAT" in content[54:90]:
        return True
    return all(content[446 + 16 * row] in {0, 0x80} for row in range(4)) and any(content[450:451])


def _is_lzma(content: bytes) -> bool:
    """The legacy header: properties, a dictionary of a sensible size, the size or -1."""
    if len(content) < 14 or content[0] >= 225:
        return False
    size = content[5:13]
    return content[13] == 0 and (size == b"\xff" * 8 or int.from_bytes(size, "little") < 1 << 40)


def _is_arj(content: bytes) -> bool:
    size = int.from_bytes(content[2:4], "little")
    checksum = content[4 + size : 8 + size]
    return (
        30 <= size <= 2_600
        and len(checksum) == 4
        and zlib.crc32(content[4 : 4 + size]) == int.from_bytes(checksum, "little")
    )


def _is_cpio(content: bytes) -> bool:
    """The two octets of the binary format are too few to believe: its name must be there and end in NUL."""
    if content[:1] == b"0":
        return True
    order = "little" if content[:2] == b"\xc7\x71" else "big"
    size = int.from_bytes(content[20:22], order)  # type: ignore[arg-type]  # one of the two words
    return 0 < size < 4_096 and content[26 + size - 1 : 26 + size] == b"\0"


def _is_compress(content: bytes) -> bool:
    return len(content) > 3 and 9 <= content[2] & 0x1F <= 16


def _is_gzip(content: bytes) -> bool:
    return content[2:3] == b"\x08"


def _is_bzip2(content: bytes) -> bool:
    return content[3:4].isdigit() and content[4:10] in {b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"}


def _is_icon(content: bytes) -> bool:
    """Where a count that follows is believable."""
    return 0 < int.from_bytes(content[4:6], "little") < 256


# Types whose first octets are too few to be believed alone.
_PROOFS = {
    Type.LZMA: _is_lzma,
    Type.ARJ: _is_arj,
    Type.CPIO: _is_cpio,
    Type.COMPRESS: _is_compress,
    Type.GZIP: _is_gzip,
    Type.BZIP2: _is_bzip2,
    Type.ICO: _is_icon,
}


_SHAPES = (
    (Type.JAVA_CLASS, _is_class),
    (Type.MACH_O, lambda content: content.startswith(b"\xca\xfe\xba\xbe")),
    (Type.PDF, _is_pdf),
    (Type.BMP, _is_bitmap),
    (Type.TAR, _is_old_tar),
    (Type.VHD, lambda content: content[-512:-504] == b"conectix"),
    (Type.DMG, lambda content: content[-512:-508] == b"koly"),
    (Type.DISK_IMAGE, _is_disk),
    (Type.AUDIO, _is_mpeg_audio),
)


def _second_opinion(content: bytes, name: str) -> Type:
    try:
        told = _libmagic.from_buffer(content[:_HEAD_OCTETS])
    except magic.MagicException:
        return Type.UNKNOWN
    kind = next((kind for prefix, kind in _SECOND_OPINION if told.startswith(prefix)), Type.UNKNOWN)
    # A program of DOS without a header is any octets: one random file in a hundred looks like one, and only its name
    # lets it run.
    return Type.UNKNOWN if kind is Type.DOS_PROGRAM and not name.lower().endswith(_HEADERLESS) else kind
