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
