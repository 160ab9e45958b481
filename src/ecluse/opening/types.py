"""What a file is by its content, whatever its name says: a table of our own, then libmagic as second opinion."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Type(StrEnum):
    """A kind of file. Containers of the same build have kinds of their own where that tells who opens them."""

    UNKNOWN = "unknown"
    EMPTY = "empty"

    # Archives.
    ZIP = "zip"
    JAR = "jar"
    APK = "apk"
    APPX = "appx"
    XPI = "xpi"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    TAR = "tar"
    CPIO = "cpio"
    AR = "ar"
    DEB = "deb"
    RPM = "rpm"
    CAB = "cab"
    XAR = "xar"
    ARJ = "arj"
    LHA = "lha"
    ACE = "ace"
    WARC = "warc"
    MTREE = "mtree"
    ALZ = "alz"
    EGG = "egg"
    ARC = "arc"
    ZOO = "zoo"
    STUFFIT = "stuffit"
    WIM = "wim"
    SHAR = "shar"

    # One file, compressed or encoded.
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    LZMA = "lzma"
    ZSTD = "zstd"
    LZ4 = "lz4"
    COMPRESS = "compress"
    LZIP = "lzip"
    LZOP = "lzop"
    LRZIP = "lrzip"
    ZPAQ = "zpaq"
    SZDD = "szdd"
    UUENCODE = "uuencode"
    YENC = "yenc"
    BINHEX = "binhex"
    BASE64 = "base64"
    SPLIT = "split"

    # Disk images.
    ISO = "iso"
    UDF = "udf"
    DISK_IMAGE = "disk-image"
    VHD = "vhd"
    VHDX = "vhdx"
    VMDK = "vmdk"
    QCOW = "qcow"
    DMG = "dmg"

    # Programs and installers.
    PE = "pe"
    DOS_PROGRAM = "dos-program"
    ELF = "elf"
    MACH_O = "mach-o"
    JAVA_CLASS = "java-class"
    DEX = "dex"
    WASM = "wasm"
    PYTHON_CODE = "python-code"
    MSI = "msi"
    SWF = "swf"
    LNK = "lnk"
    CHM = "chm"
    HLP = "hlp"
    REGISTRY_HIVE = "registry-hive"

    # Scripts.
    HTA = "hta"
    JAVASCRIPT = "javascript"
    VBSCRIPT = "vbscript"
    ENCODED_SCRIPT = "encoded-script"
    WSF = "wsf"
    POWERSHELL = "powershell"
    BATCH = "batch"
    SHELL = "shell"
    PYTHON = "python"
    PERL = "perl"
    PHP = "php"
    APPLESCRIPT = "applescript"
    REGISTRY = "registry"
    INF = "inf"
    SCF = "scf"
    INTERNET_SHORTCUT = "internet-shortcut"
    DESKTOP_ENTRY = "desktop-entry"
    SETTINGS_LINK = "settings-link"
    JNLP = "jnlp"
    IQY = "iqy"
    SLK = "slk"
    LIBRARY_MS = "library-ms"

    # Documents.
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    VISIO = "visio"
    OOXML = "ooxml"
    ODF = "odf"
    EPUB = "epub"
    XPS = "xps"
    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    OLE = "ole"
    MSG = "msg"
    ENCRYPTED_OOXML = "encrypted-ooxml"
    WORD_XML = "word-xml"
    EXCEL_XML = "excel-xml"
    PDF = "pdf"
    RTF = "rtf"
    ACTIVE_MIME = "activemime"
    ONENOTE = "onenote"
    POSTSCRIPT = "postscript"
    DJVU = "djvu"
    HWP = "hwp"

    # Messages and cards.
    EML = "eml"
    MHT = "mht"
    TNEF = "tnef"
    MBOX = "mbox"
    PST = "pst"
    ICS = "ics"
    VCF = "vcf"
    PGP = "pgp"
    PKCS7 = "pkcs7"

    # Text.
    HTML = "html"
    SVG = "svg"
    XML = "xml"
    TEXT = "text"

    # Pictures, sound, film, fonts, data.
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    WEBP = "webp"
    ICO = "ico"
    HEIF = "heif"
    PSD = "psd"
    EMF = "emf"
    WMF = "wmf"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FONT = "font"
    SQLITE = "sqlite"


# Run by a processor, a virtual machine, or the system itself.
EXECUTABLES = frozenset(
    {
        Type.PE,
        Type.DOS_PROGRAM,
        Type.ELF,
        Type.MACH_O,
        Type.JAVA_CLASS,
        Type.DEX,
        Type.PYTHON_CODE,
        Type.MSI,
        Type.JAR,
        Type.APK,
        Type.APPX,
        Type.LNK,
        Type.CHM,
        Type.HLP,
        Type.SWF,
        Type.DEB,
        Type.RPM,
    }
)

# Run by an interpreter that comes with the system.
SCRIPTS = frozenset(
    {
        Type.HTA,
        Type.JAVASCRIPT,
        Type.VBSCRIPT,
        Type.ENCODED_SCRIPT,
        Type.WSF,
        Type.POWERSHELL,
        Type.BATCH,
        Type.SHELL,
        Type.APPLESCRIPT,
        Type.REGISTRY,
        Type.INF,
        Type.SCF,
        Type.INTERNET_SHORTCUT,
        Type.DESKTOP_ENTRY,
        Type.SETTINGS_LINK,
        Type.LIBRARY_MS,
        Type.JNLP,
    }
)

# Zips by their build, whatever they hold.
ZIP_BUILT = frozenset(
    {
        Type.ZIP,
        Type.JAR,
        Type.APK,
        Type.APPX,
        Type.XPI,
        Type.DOCX,
        Type.XLSX,
        Type.PPTX,
        Type.VISIO,
        Type.OOXML,
        Type.ODF,
        Type.EPUB,
        Type.XPS,
    }
)

# Compound files (MS-CFB) by their build.
OLE_BUILT = frozenset({Type.OLE, Type.DOC, Type.XLS, Type.PPT, Type.MSG, Type.MSI, Type.ENCRYPTED_OOXML, Type.HWP})

_WORDS = frozenset(map(str, Type))


def unknown_types(words: Iterable[str]) -> list[str]:
    """Those of them that are no `Type`, in their order."""
    return [word for word in words if word not in _WORDS]
