"""How files begin: the octets that tell a type, at their offset, in the order in which they are asked."""

from __future__ import annotations

from typing import TypeAlias

from ecluse.opening.types import Type

# Where the octets stand -> octets -> type. The longest of one offset is asked first.
_AT_START: tuple[tuple[bytes, Type], ...] = (
    (b"PK\x03\x04", Type.ZIP),
    (b"PK\x05\x06", Type.ZIP),
    (b"PK\x06\x06", Type.ZIP),
    (b"PK\x01\x02", Type.ZIP),
    (b"PK\x07\x08PK\x03\x04", Type.ZIP),  # The first volume of a split one (APPNOTE 8.5.4).
    (b"PK00PK\x03\x04", Type.ZIP),
    (b"7z\xbc\xaf\x27\x1c", Type.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Type.RAR),
    (b"RE\x7e\x5e", Type.RAR),  # Before version 1.50.
    (b"070701", Type.CPIO),
    (b"070702", Type.CPIO),
    (b"070707", Type.CPIO),
    (b"\xc7\x71", Type.CPIO),
    (b"\x71\xc7", Type.CPIO),
    (b"!<arch>\ndebian", Type.DEB),
    (b"!<arch>\n", Type.AR),
    (b"\xed\xab\xee\xdb", Type.RPM),
    (b"MSCF", Type.CAB),
    (b"ISc(", Type.CAB),  # InstallShield: recognised, not opened.
    (b"xar!", Type.XAR),
    (b"\x60\xea", Type.ARJ),
    (b"WARC/", Type.WARC),
    (b"#mtree", Type.MTREE),
    (b"ALZ\x01", Type.ALZ),
    (b"EGGA", Type.EGG),
    (b"SIT!", Type.STUFFIT),
    (b"StuffIt", Type.STUFFIT),
    (b"MSWIM\0\0\0", Type.WIM),
    (b"\x1f\x8b", Type.GZIP),
    (b"BZh", Type.BZIP2),
    (b"\xfd7zXZ\0", Type.XZ),
    (b"\x5d\x00\x00", Type.LZMA),
    (b"\x28\xb5\x2f\xfd", Type.ZSTD),
    (b"\x04\x22\x4d\x18", Type.LZ4),
    (b"\x02\x21\x4c\x18", Type.LZ4),  # The older frame.
    (b"\x1f\x9d", Type.COMPRESS),
    (b"LZIP", Type.LZIP),
    (b"\x89LZO\0\r\n\x1a\n", Type.LZOP),
    (b"LRZI", Type.LRZIP),
    (b"7kSt", Type.ZPAQ),
    (b"zPQ", Type.ZPAQ),
    (b"SZDD\x88\xf0\x27\x33", Type.SZDD),
    (b"conectix", Type.VHD),
    (b"vhdxfile", Type.VHDX),
    (b"KDMV", Type.VMDK),
    (b"QFI\xfb", Type.QCOW),
    (b"\x7fELF", Type.ELF),
    (b"\xfe\xed\xfa\xce", Type.MACH_O),
    (b"\xfe\xed\xfa\xcf", Type.MACH_O),
    (b"\xce\xfa\xed\xfe", Type.MACH_O),
    (b"\xcf\xfa\xed\xfe", Type.MACH_O),
    (b"dex\n03", Type.DEX),
    (b"\0asm\x01", Type.WASM),
    (b"CWS", Type.SWF),
    (b"FWS", Type.SWF),
    (b"ZWS", Type.SWF),
    (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", Type.LNK),
    (b"ITSF", Type.CHM),
    (b"?_\x03\0", Type.HLP),
    (b"regf", Type.REGISTRY_HIVE),
    (b"#@~^", Type.ENCODED_SCRIPT),
    (b"FasdUAS", Type.APPLESCRIPT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Type.OLE),
    (b"{\\rt", Type.RTF),  # Word takes what begins so, whatever the RTF specification says.
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", Type.ONENOTE),
    (b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f", Type.ONENOTE),
    (b"ActiveMime", Type.ACTIVE_MIME),
    (b"%!PS", Type.POSTSCRIPT),
    (b"\xc5\xd0\xd3\xc6", Type.POSTSCRIPT),
    (b"AT&TFORM", Type.DJVU),
    (b"HWP Document File", Type.HWP),
    (b"\x78\x9f\x3e\x22", Type.TNEF),
    (b"!BDN", Type.PST),
    (b"-----BEGIN PGP", Type.PGP),
    (b"\x89PNG\r\n\x1a\n", Type.PNG),
    (b"\xff\xd8\xff", Type.JPEG),
    (b"GIF87a", Type.GIF),
    (b"GIF89a", Type.GIF),
    (b"II*\0", Type.TIFF),
    (b"MM\0*", Type.TIFF),
    (b"8BPS", Type.PSD),
    (b"\xd7\xcd\xc6\x9a", Type.WMF),
    (b"\0\0\x01\0", Type.ICO),
    (b"\0\0\x02\0", Type.ICO),
    (b"SQLite format 3\0", Type.SQLITE),
    (b"ID3", Type.AUDIO),
    (b"fLaC", Type.AUDIO),
    (b"OggS", Type.AUDIO),
    (b"MThd", Type.AUDIO),
    (b"\x1aE\xdf\xa3", Type.VIDEO),
    (b"FLV\x01", Type.VIDEO),
    (b"wOFF", Type.FONT),
    (b"wOF2", Type.FONT),
    (b"OTTO", Type.FONT),
    (b"\0\x01\0\0\0", Type.FONT),
)

_ELSEWHERE: tuple[tuple[int, bytes, Type], ...] = (
    (257, b"ustar", Type.TAR),
    (7, b"**ACE**", Type.ACE),
    (20, b"\xdc\xa7\xc4\xfd", Type.ZOO),
    (0x8001, b"CD001", Type.ISO),
    (0x8801, b"CD001", Type.ISO),
    (0x8001, b"BEA01", Type.UDF),
    (0x8001, b"NSR0", Type.UDF),
    (8, b"WEBP", Type.WEBP),
    (8, b"WAVE", Type.AUDIO),
    (8, b"AVI ", Type.VIDEO),
    (4, b"ftyphei", Type.HEIF),
    (4, b"ftypmif1", Type.HEIF),
    (4, b"ftypavif", Type.HEIF),
    (4, b"ftypM4A", Type.AUDIO),
    (4, b"ftyp", Type.VIDEO),
    (40, b" EMF", Type.EMF),
    (2, b"-lh0-", Type.LHA),
    (2, b"-lh1-", Type.LHA),
    (2, b"-lh2-", Type.LHA),
    (2, b"-lh3-", Type.LHA),
    (2, b"-lh4-", Type.LHA),
    (2, b"-lh5-", Type.LHA),
    (2, b"-lh6-", Type.LHA),
    (2, b"-lh7-", Type.LHA),
    (2, b"-lhd-", Type.LHA),
    (2, b"-lhx-", Type.LHA),
    (2, b"-lzs-", Type.LHA),
    (2, b"-lz4-", Type.LHA),
    (2, b"-lz5-", Type.LHA),
    (2, b"-pm", Type.LHA),
)

Magics: TypeAlias = tuple[tuple[int, bytes, Type], ...]


def magics_for(content: bytes) -> Magics:
    """Those that a file with this first octet may begin with, and all that stand elsewhere."""
    return _BY_FIRST_OCTET.get(content[0], _ELSEWHERE)


def _beginning_with(first: int) -> Magics:
    return (*((0, octets, kind) for octets, kind in _AT_START if octets[0] == first), *_ELSEWHERE)


_BY_FIRST_OCTET = {octets[0]: _beginning_with(octets[0]) for octets, _ in _AT_START}
