"""What can be strange or dangerous about an opened file, in words of ours."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Flag(StrEnum):
    """A word about a file, and its sentence."""

    sentence: str

    def __new__(cls, word: str, sentence: str) -> Self:
        """`word` is the flag's value."""
        flag = str.__new__(cls, word)
        flag._value_ = word
        flag.sentence = sentence
        return flag

    # How far we looked.
    LIMIT = "limit", "A limit was reached: what lies beyond was not looked at."
    BOMB = "bomb", "It unpacks to far more than it is, or contains itself."
    UNOPENABLE = "unopenable", "A container of a kind that we recognise and cannot open."
    UNOPENED = (
        "unopened",
        "Packed by a method that we do not read, or not read for a fault of ours: others may open it.",
    )
    BROKEN = "broken", "A container that could not be read to its end."
    INCOMPLETE = "incomplete", "One volume of a container that has several."

    # What it is.
    EICAR = "eicar", "The file that tests virus scanners."
    EXECUTABLE = "executable", "A program for a processor or a virtual machine, or an installer, by its content."
    SCRIPT = "script", "A script that a computer runs on a double click, by its content."
    DISGUISED = "disguised", "A program or script whose name says that it is something harmless."
    POLYGLOT = "polyglot", "Two files in one: each reader sees the one it looks for."

    # A container that its readers understand differently.
    AMBIGUOUS = "ambiguous", "The container's own records contradict each other."
    MISMATCH = "mismatch", "The container's records differ in something that changes no content."
    GAP = "gap", "Octets between entries that belong to none."
    HIDDEN_MEMBER = "hidden-member", "An entry that only some readers see."
    OVERLAPPING = "overlapping", "Entries share the same octets."
    DUPLICATE_NAME = "duplicate-name", "Several entries of the same name."
    PREPENDED = "prepended", "Octets before the beginning that do not belong to the container."
    APPENDED = "appended", "Octets after the end that do not belong to the container."
    WRONG_CHECKSUM = "wrong-checksum", "Content that does not fit its checksum or size."

    # Names of entries.
    TRAVERSAL = "traversal", "A name that leads out of the folder it is unpacked to."
    ABSOLUTE_NAME = "absolute-name", "A name that begins at the root of a disk."
    BIDI_NAME = "bidi-name", "A name with characters that turn the direction of writing."
    CONTROL_NAME = "control-name", "A name with control characters or invisible ones."
    DOUBLE_SUFFIX = "double-suffix", "A dangerous suffix behind a harmless one."
    PADDED_NAME = "padded-name", "A name with a gap that pushes its suffix out of sight."
    TRAILING_DOTS = "trailing-dots", "A name that ends in dots or spaces, which some systems drop."
    RESERVED_NAME = "reserved-name", "A name that means a device to some systems."
    LONG_NAME = "long-name", "A name that is longer than file systems take."
    LINK_OUTSIDE = "link-outside", "A link to somewhere outside the container."
    DEVICE = "device", "A device, pipe or socket."

    # What a document does when it is opened, or hides.
    MACROS = "macros", "A document with macros."
    AUTO_MACROS = "auto-macros", "Macros that run by themselves."
    SUSPICIOUS_MACROS = "suspicious-macros", "Macros that start programs, fetch files or touch memory."
    XLM_MACROS = "xlm-macros", "Macros of Excel 4, in a sheet of their own."
    HIDDEN_MACRO_SHEET = "hidden-macro-sheet", "A sheet of macros that is not shown."
    STOMPED_MACROS = "stomped-macros", "Macros whose compiled form does something else than their source says."
    DDE = "dde", "A field or formula that starts a program (DDE)."
    REMOTE_TEMPLATE = "remote-template", "A document that loads its template, and the macros in it, from elsewhere."
    REMOTE_OBJECT = "remote-object", "A document that loads an object from elsewhere when it is opened."
    OBJECT_UPDATE = "object-update", "An object that is loaded or run without a click."
    EQUATION_OBJECT = "equation-object", "A formula of the old equation editor."
    EXPLOIT_OBJECT = "exploit-object", "An object that is known only from attacks."
    ACTIVE_X = "activex", "A control (ActiveX) in a document."
    DOCUMENT_SCRIPT = "document-script", "A script in a document."
    ENCRYPTED_DOCUMENT = "encrypted-document", "A document that is encrypted."
    DEFAULT_PASSWORD = "default-password", "Encrypted with a password that Office tries by itself."
    ONENOTE_EMBEDDED = "onenote-embedded", "A notebook that carries a file to click on."
    ACTIVE_MIME = "activemime", "Macros or objects packed as ActiveMime."
    HIDDEN_OBJECT_DATA = "hidden-object-data", "An object whose octets are written so that scanners do not read them."

    CODES_UNREAD = "codes-unread", "More or larger pictures than we look for codes in."

    # PDF.
    PDF_JAVASCRIPT = "pdf-javascript", "A PDF with JavaScript."
    PDF_AUTO_ACTION = "pdf-auto-action", "A PDF that does something by itself when it is opened."
    PDF_LAUNCH = "pdf-launch", "A PDF that starts a program or opens a file."
    PDF_SUBMIT = "pdf-submit", "A PDF that sends what is typed into it."
    PDF_REMOTE = "pdf-remote", "A PDF that opens another document elsewhere."
    PDF_XFA = "pdf-xfa", "A PDF with a form of XFA."
    PDF_RICH_MEDIA = "pdf-rich-media", "A PDF with films, sound or three dimensions."
    PDF_EMBEDDED_FILE = "pdf-embedded-file", "A PDF that carries files."

    # Pages, scripts and shortcuts.
    HTML_SCRIPT = "html-script", "A page with a script."
    HTML_SMUGGLING = "html-smuggling", "A page that builds a file out of its own text and hands it over."
    HTML_REDIRECT = "html-redirect", "A page that leads elsewhere by itself."
    PASSWORD_FORM = "password-form", "A page that asks for a password and sends it elsewhere."
    SVG_SCRIPT = "svg-script", "A picture with a script."
    OBFUSCATED_SCRIPT = "obfuscated-script", "A script whose text is packed so that nobody reads it."
    SUSPICIOUS_SCRIPT = "suspicious-script", "A script that starts programs or fetches files."
    SHORTCUT_COMMAND = "shortcut-command", "A shortcut that starts an interpreter with a command."
    REMOTE_PROGRAM = "remote-program", "A shortcut that starts a program or script on somebody else's disk."
    REMOTE_SHORTCUT = "remote-shortcut", "A shortcut to a file elsewhere."
    WRONG_TYPE_NAME = "wrong-type-name", "A picture by its name and something else by its content."
