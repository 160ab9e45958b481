"""Numbers by which companies, their taxes and their bank accounts are known, checked as who gives them out checks them.

Each is a text without blanks, in upper case, and raises `ValueError` for one that cannot be; that it was ever given out
only its register knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

MAX_WRITTEN = 50  # Characters, blanks included.
_BLANKS = re.compile(r"[\s.\u00a0\u202f-]+")
_LA_POSTE = "356000000"  # Its branches are too many for Luhn: their digits add up to a multiple of five.
_NUMBER_97 = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_NINE = re.compile(r"[0-9]{9}")
_FOURTEEN = re.compile(r"[0-9]{14}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
# How a number looks behind the two letters of its state (Directive 2006/112/EC, article 215).
_VAT_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "AT": r"U\d{8}",
        "BE": r"[01]\d{9}",
        "BG": r"\d{9,10}",
        "CY": r"\d{8}[A-Z]",
        "CZ": r"\d{8,10}",
        "DE": r"\d{9}",
        "DK": r"\d{8}",
        "EE": r"\d{9}",
        "EL": r"\d{9}",
        "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
        "FI": r"\d{8}",
        "FR": r"[0-9A-HJ-NP-Z]{2}\d{9}",
        "HR": r"\d{11}",
        "HU": r"\d{8}",
        "IE": r"\d[A-Z0-9+*]\d{5}[A-W][A-I]?",
        "IT": r"\d{11}",
        "LT": r"\d{9}|\d{12}",
        "LU": r"\d{8}",
        "LV": r"\d{11}",
        "MT": r"\d{8}",
        "NL": r"[A-Z0-9+*]{10}\d{2}",
        "PL": r"\d{10}",
        "PT": r"\d{9}",
        "RO": r"\d{2,10}",
        "SE": r"\d{10}01",
        "SI": r"\d{8}",
        "SK": r"\d{10}",
    }
)
_GREECE = "EL"  # In VAT numbers; elsewhere it is GR.
VAT_COUNTRIES = frozenset(_VAT_FORMS) - {_GREECE} | {"GR"}  # The European Union, by ISO 3166-1.


class Siren(str):
    """A company in France: nine digits."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        number = _squeezed(text)
        if not _NINE.fullmatch(number) or not _is_luhn(number):
            raise ValueError("expected a SIREN: nine digits, the last of which proves the others")
        return super().__new__(cls, number)


class Siret(str):
    """One of its places: fourteen digits, the first nine its `siren`."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        number = _squeezed(text)
        if not _FOURTEEN.fullmatch(number) or not _proves(number):
            raise ValueError("expected a SIRET: fourteen digits, the last of which proves the others")
        return super().__new__(cls, number)

    @property
    def siren(self) -> Siren:
        """The company's."""
        return Siren(self[:9])


class VatNumber(str):
    """A taxable person in the European Union. Of a French one the digits are checked, of others how they look."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        number = _squeezed(text)
        form = _VAT_FORMS.get(number[:2])
        if form is None or not re.fullmatch(form, number[2:], re.ASCII) or not _is_french_sound(number):
            raise ValueError("expected a VAT number of the European Union, such as FR 32 123456789")
        return super().__new__(cls, number)

    @property
    def country(self) -> str:
        """ISO 3166-1."""
        return "GR" if self[:2] == _GREECE else self[:2]


class Iban(str):
    """A bank account (ISO 13616)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        number = _squeezed(text)
        if not _NUMBER_97.fullmatch(number) or _digits(number[4:] + number[:4]) % 97 != 1:
            raise ValueError("expected an IBAN, whose two check digits prove the others")
        return super().__new__(cls, number)


class Bic(str):
    """A bank (ISO 9362)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        code = _squeezed(text)
        if not _BIC.fullmatch(code):
            raise ValueError("expected a BIC of eight or eleven letters and digits")
        return super().__new__(cls, code)


def _squeezed(text: str) -> str:
    if len(text) > MAX_WRITTEN:
        raise ValueError(f"expected at most {MAX_WRITTEN} characters")
    return _BLANKS.sub("", text).upper()


def _is_luhn(number: str) -> bool:
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(number)))
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0


def _proves(siret: str) -> bool:
    if siret.startswith(_LA_POSTE) and sum(map(int, siret)) % 5 == 0:
        return True
    return _is_luhn(siret) and _is_luhn(siret[:9])


def _is_french_sound(number: str) -> bool:
    """Digits before the SIREN are computed from it; letters there are not, nor the numbers of Monaco, which begin with 000."""
    if not number.startswith("FR"):
        return True
    key, siren = number[2:4], number[4:]
    if not key.isdecimal():
        return _is_luhn(siren)
    return int(key) == (12 + 3 * int(siren)) % 97 and (siren.startswith("000") or _is_luhn(siren))


def _digits(text: str) -> int:
    """Letters count from 10 on."""
    return int("".join(str(int(each, 36)) for each in text))
