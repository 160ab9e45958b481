"""Invoices and the account by the API: what the pages show, and nothing of anybody else."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal

import pytest
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.billing import invoice_days, invoices
from ecluse.control.billing.coming_lines import Coming, LineKind, add_line
from ecluse.control.billing.plain_lines import read_lines
from ecluse.control.billing.totals import Line
from tests.control.cast import OPERATOR
from tests.web.programs import program_of
from tests.web.things import invoiced


@pytest.fixture
def invoice(cast):
    """Of 180.00 EUR, 80.50 of it paid, 12.00 given back."""
    today = invoice_days.today()
    with scope(client=cast.one):
        row = invoiced(cast.one)
        invoices.pay(row, invoices.Received(Decimal("80.50"), today, "transfer", "One"), by=OPERATOR)
        back = Line("Geste", Decimal(1), Decimal("10.00"), read_lines(row.lines)[0].vat)
        invoices.credit(row, [back], "Geste", dated=today, by=OPERATOR)
        add_line(row.contract, Coming(LineKind.SUPPORT, "Assistance", Decimal("40.00"), "support:1"), by=OPERATOR)
        return row


@pytest.fixture
def program(cast):
    return program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_BILLING)


def get(cast, program, path):
    return program.get(f"clients/{cast.one.pk}/{path}")


def test_all_of_them_the_newest_first_with_what_is_left(cast, program, invoice):
    note, first = get(cast, program, "invoices").json()["items"]
    assert (note["reference"][0], note["kind"], note["left"]) == ("A", "381", "0.00")
    assert (first["id"], first["reference"], first["gross"], first["left"]) == (
        invoice.pk,
        invoice.reference,
        "180.00",
        "87.50",
    )
    page = get(cast, program, "invoices?limit=1").json()
    assert get(cast, program, f"invoices?after={page['next']}").json()["items"] == [first]


def test_one_with_its_lines_and_what_came_for_it(cast, program, invoice):
    found = get(cast, program, f"invoices/{invoice.pk}").json()
    assert [each["net"] for each in found["lines"]] == ["150.00"]
    assert (found["lines"][0]["vat_category"], found["lines"][0]["vat_percent"]) == ("S", "20")
    assert [(each["amount"], each["means"], each["reference"]) for each in found["payments"]] == [
        ("80.50", "transfer", "One")
    ]
    assert len(found["credit_notes"]) == 1


def test_its_file(cast, program, invoice):
    found = get(cast, program, f"invoices/{invoice.pk}/file").json()
    assert (found["name"], b64decode(found["pdf"])) == (f"{invoice.reference}.pdf", b"%PDF")
    with scope(client=cast.one):
        type(invoice.file).objects.update(body=b"changed")
    assert get(cast, program, f"invoices/{invoice.pk}/file").status_code == 404


def test_the_account(cast, program, invoice):
    found = get(cast, program, "account").json()
    assert (found["balance"], found["in_advance"]) == ("87.50", "0.00")
    assert [each["what"] for each in found["entries"]] == ["invoice", "credit-note", "payment"]
    assert [(each["kind"], each["net"]) for each in found["coming"]] == [("support", "40.00")]


def test_it_takes_the_scope(cast, invoice):
    other = program_of(cast.people[Role.OWNER], cast.one, Permission.SEE_CLIENT)
    for path in ("invoices", f"invoices/{invoice.pk}", f"invoices/{invoice.pk}/file", "account"):
        assert get(cast, other, path).status_code == 403
