"""The languages that people are spoken to in."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """By their names in ISO 639-1."""

    ENGLISH = "en"
    FRENCH = "fr"
