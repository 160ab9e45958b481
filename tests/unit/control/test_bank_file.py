"""Statements of banks: each French way to write one, and none that is guessed (6-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecluse.control.billing.bank_csv import MAX_BYTES
from ecluse.control.billing.bank_file import read_bank_file
from ecluse.control.billing.bank_row import MAX_ROWS, BadStatement, BankRow

ROW = BankRow(date(2026, 2, 10), "VIR One & Fils F2026-00001", Decimal("1407.52"))
WAYS = {
    "amount, semicolons": "Date;Libellé;Montant\n10/02/2026;VIR One & Fils F2026-00001;1407,52\n",
    "credit and debit": "Date opération;Libellé;Débit;Crédit\n10/02/2026;VIR One & Fils F2026-00001;;1 407,52\n",
    "euros in the head": '"Date";"Libellé";"Montant(EUROS)"\n"10/02/2026";"VIR One & Fils F2026-00001";"1.407,52"\n',
    "commas": 'Date,Label,Amount\n2026-02-10,VIR One & Fils F2026-00001,"1,407.52"\n',
    "tabs": "Date\tIntitulé\tCrédit euros\n10-02-26\tVIR One & Fils F2026-00001\t+1407.520\n".replace(
        "-02-26", ".02.2026"
    ),
    "a preamble": "Compte;123\nTitulaire;X, Y, Z\n\nDate comptable;Libellé;Montant\n10/02/26;VIR  One & Fils F2026-00001;1407,52 EUR\n",
    "two labels": "Date;Libellé simplifié;Référence;Montant\n10/02/2026;VIR One & Fils;F2026-00001;1407,52\n",
    "spaces that do not break": "Date;Libellé;Montant\n10/02/2026;VIR One & Fils F2026-00001;1\u00a0407,52 €\n",
}


@pytest.mark.parametrize("text", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_way_says_the_same(text, encoding):
    assert read_bank_file(text.encode(encoding)) == [ROW]


@pytest.mark.parametrize(
    ("cells", "amount"),
    [
        ("-12,00;;", "-12.00"),
        ("12,00-;;", "-12.00"),
        (";12,00;", "-12.00"),
        (";-12,00;", "-12.00"),
        (";;12", "12.00"),
        (";0,00;12,5", "12.50"),
        (";;", "0.00"),
    ],
)
def test_what_goes_is_below_nothing(cells, amount):
    (row,) = read_bank_file(f"Date;Libellé;Montant;Débit;Crédit\n10/02/2026;x;{cells}\n".encode())
    assert row.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("head", "cells", "amount"),
    [
        ("Sens", "12,00;D", "-12.00"),
        ("Sens", "12,00;C", "12.00"),
        ("Débit/Crédit", "12,00;Débit", "-12.00"),
        ("Sens de l'opération", "12,00;CRÉDIT", "12.00"),
        ("Credit Debit Indicator", "12.00;DBIT", "-12.00"),
        ("Sens", "-12,00;D", "-12.00"),
        ("Sens", "12,00;-", "-12.00"),
        ("Sens", "-12,00;C", None),  # One of both is wrong.
        ("Sens", "12,00;", None),
        ("Sens", "12,00;X", None),
    ],
)
def test_a_side_of_its_own_gives_an_amount_its_sign(head, cells, amount):
    file = f"Date;Libellé;Montant;{head}\n10/02/2026;x;{cells}\n".encode()
    if amount is not None:
        assert read_bank_file(file) == [BankRow(date(2026, 2, 10), "x", Decimal(amount))]
        return
    with pytest.raises(BadStatement) as problem:
        read_bank_file(file)
    assert problem.value.line == 2


@pytest.mark.parametrize(
    "row",
    [
        "31/02/2026;x;1,00",
        "02/10/26 noon;x;1,00",
        ";x;1,00",
        "10/02/2026;x;1.407",  # A thousand, or a euro and a half?
        "10/02/2026;x;1.500",
        "10/02/2026;x;-1,000",
        "10/02/2026;x;1.234.500",
        "10/02/2026;x;12,345",
        "10/02/2026;x;twelve",
        "10/02/2026;x;NaN",
        "10/02/2026;x;99999999999,00",
        "10/02/2026;x;--1,00",
    ],
)
def test_what_is_not_clear_is_refused_with_its_line(row):
    with pytest.raises(BadStatement) as problem:
        read_bank_file(f"Date;Libellé;Montant\n10/02/2026;x;1,00\n{row}\n".encode())
    assert problem.value.line == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Hello",
        b"Date;Montant\n10/02/2026;1,00\n",  # Without words nobody can say whose it is.
        b"Date;Libelle\n10/02/2026;x\n",
        b"Date;Libelle;Montant\n" + b"x" * MAX_BYTES,
        b"Date;Libelle;Montant\n" + b"10/02/2026;x;1\n" * (MAX_ROWS + 1),
        b'Date;Libelle;Montant\n10/02/2026;"' + b"x" * 200_000 + b'";1\n',
        b"%PDF-1.4\x00\xff",
    ],
)
def test_what_is_no_statement_is_refused(content):
    with pytest.raises(BadStatement):
        read_bank_file(content)


def test_as_many_lines_as_are_read():
    assert len(read_bank_file(b"Date;Libelle;Montant\n" + b"10/02/2026;x;1\n" * MAX_ROWS)) == MAX_ROWS
