"""Numbers of companies, taxes and accounts: what their makers would accept, and nothing that cannot be."""

from __future__ import annotations

import pytest
import stdnum.exceptions
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import iban
from stdnum.fr import siren, siret, tva

from ecluse.wire.company_numbers import Bic, Iban, Siren, Siret, VatNumber


def accepts(notation, text):
    try:
        notation(text)
    except ValueError:
        return False
    return True


def knows(module, text):
    try:
        module.validate(text)
    except stdnum.exceptions.ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("notation", "written", "read"),
    [
        (Siren, "732 829 320", "732829320"),
        (Siren, "732.829.320", "732829320"),
        (Siret, "732 829 320 00074", "73282932000074"),
        (Siret, "356 000 000 49837", "35600000049837"),  # La Poste: its digits add up to a multiple of five.
        (VatNumber, "fr 44 732829320", "FR44732829320"),
        (VatNumber, "FR K7 399859412", "FRK7399859412"),
        (VatNumber, "FR 53 000004605", "FR53000004605"),  # Monaco.
        (VatNumber, "BE 0428.759.497", "BE0428759497"),
        (VatNumber, "EL 094259216", "EL094259216"),
        (VatNumber, "IE 6433435F", "IE6433435F"),
        (VatNumber, "NL 004495445B01", "NL004495445B01"),
        (Iban, "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
        (Iban, "mt84 malt 0110 0001 2345 mtlc ast0 01s", "MT84MALT011000012345MTLCAST001S"),
        (Bic, "agri fr pp 831", "AGRIFRPP831"),
    ],
)
def test_it_is_read_however_it_is_spaced(notation, written, read):
    assert notation(written) == read


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        (Siren, ""),
        (Siren, "732829321"),
        (Siren, "73282932"),
        (Siren, "٧٣٢٨٢٩٣٢٠"),
        (Siret, "73282932000075"),
        (Siret, "73282932000074 1"),
        (Siret, "35600000049838"),
        (VatNumber, "FR45732829320"),
        (VatNumber, "FRO7732829320"),
        (VatNumber, "732829320"),
        (VatNumber, "GB980780684"),  # Not of the Union any more.
        (VatNumber, "DE12345678"),
        (Iban, "FR7630006000011234567890188"),
        (Iban, "FR76"),
        (Iban, "F" * 51),
        (Bic, "AGRIFRP"),
    ],
)
def test_what_cannot_be_is_refused(notation, text):
    with pytest.raises(ValueError, match="expected"):
        notation(text)


def test_a_siret_says_whose_place_it_is():
    assert Siret("73282932000074").siren == "732829320"
    assert VatNumber("EL094259216").country == "GR"


@given(st.integers(0, 999_999_999).map(lambda each: f"{each:09d}"))
@example("732829320")
def test_a_siren_is_what_a_library_that_knows_them_takes(text):
    assert accepts(Siren, text) == knows(siren, text)


@given(st.integers(0, 10**14 - 1).map(lambda each: f"{each:014d}"))
@example("35600000049837")
@example("73282932000074")
def test_so_is_a_siret(text):
    assert accepts(Siret, text) == knows(siret, text)


@given(st.integers(0, 96), st.integers(0, 999_999_999))
@example(44, 732829320)
def test_so_is_a_french_vat_number(key, number):
    text = f"FR{key:02d}{number:09d}"
    assert accepts(VatNumber, text) == knows(tva, text)


@given(st.integers(0, 10**23 - 1), st.integers(0, 99))
@example(30006000011234567890189, 76)
def test_no_iban_passes_that_the_library_refuses_for_its_check_digits(number, check):
    text = f"FR{check:02d}{number:023d}"
    if knows(iban, text):
        assert accepts(Iban, text)
    if not accepts(Iban, text):
        assert not knows(iban, text)
