"""Statements as CAMT.053: the same line in each version, batches, what went, and XML that means harm (6-5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ecluse.control.billing import bank_camt
from ecluse.control.billing.bank_file import read_bank_file
from ecluse.control.billing.bank_row import MAX_ROWS, BadStatement, BankRow

DAY = date(2026, 2, 10)
BOOKED = "<BookgDt><Dt>2026-02-10</Dt></BookgDt>"
ONE = (
    "<Refs><EndToEndId>F2026-00001</EndToEndId></Refs>{amount}<RltdPties>{payer}</RltdPties>"
    "<RmtInf><Ustrd>Prestations &amp; services</Ustrd><Strd><CdtrRefInf><Ref>RF36F202600001</Ref></CdtrRefInf></Strd></RmtInf>"
)
OLD = ONE.format(
    amount='<AmtDtls><TxAmt><Amt Ccy="EUR">407.52</Amt></TxAmt></AmtDtls>', payer="<Dbtr><Nm>ONE SAS</Nm></Dbtr>"
)
NEW = ONE.format(
    amount='<Amt Ccy="EUR">407.52</Amt><CdtDbtInd>CRDT</CdtDbtInd>', payer="<Dbtr><Pty><Nm>ONE SAS</Nm></Pty></Dbtr>"
)
ROW = BankRow(DAY, "ONE SAS RF36F202600001 Prestations & services F2026-00001", Decimal("407.52"), "B1")


def statement(*entries, version="02", head='<?xml version="1.0" encoding="UTF-8"?>', prefix=""):
    text = (
        f'{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><GrpHdr/>'
        f"<Stmt><Id>1</Id>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    )
    return text.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}") if prefix else text


def entry(amount="407.52", side="CRDT", details="", status="<Sts>BOOK</Sts>", day=BOOKED, currency="EUR", more=""):
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}{day}'
        f"<AcctSvcrRef>B1</AcctSvcrRef>{details}{more}</Ntry>"
    )


def batch(*transactions):
    return f"<NtryDtls><Btch><NbOfTxs>{len(transactions)}</NbOfTxs></Btch>{''.join(f'<TxDtls>{each}</TxDtls>' for each in transactions)}</NtryDtls>"


def transaction(amount, name, *, own="", side="", currency="EUR"):
    return (
        f"<Refs><AcctSvcrRef>{own}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        f'<Amt Ccy="{currency}">{amount}</Amt>{side}<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>'
    )


@pytest.mark.parametrize(
    ("version", "details", "status"),
    [
        ("02", OLD, "<Sts>BOOK</Sts>"),
        ("03", OLD, "<Sts>BOOK</Sts>"),
        ("04", NEW.replace("<Pty>", "").replace("</Pty>", ""), "<Sts>BOOK</Sts>"),
        ("06", NEW.replace("<Pty>", "").replace("</Pty>", ""), "<Sts>BOOK</Sts>"),
        ("08", NEW, "<Sts><Cd>BOOK</Cd></Sts>"),
        ("10", NEW, "<Sts>\n<Cd>BOOK</Cd></Sts>"),
    ],
)
def test_each_version_says_the_same(version, details, status):
    assert read_bank_file(statement(entry(details=batch(details), status=status), version=version).encode()) == [ROW]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + statement(entry(details=batch(OLD))).encode(),
        statement(entry(details=batch(OLD)), head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
        statement(entry(details=batch(OLD)), head='<?xml version="1.0" encoding="windows-1252"?>').encode("cp1252"),
        statement(entry(details=batch(OLD)), head="", prefix="ns2:").encode(),
    ],
    ids=["bom", "utf-16", "cp1252", "prefix"],
)
def test_each_way_to_write_it_says_the_same(content):
    assert read_bank_file(content) == [ROW]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (entry(side="DBIT", more="<AddtlNtryInf>PRLV</AddtlNtryInf>"), [("PRLV", "-407.52", "B1")]),
        (entry("5.00", details=batch(transaction("3.00", "A"), transaction("2.00", "B", own="T2"))), [("A", "3.00", "B1"), ("B", "2.00", "T2")]),
        # A batch of money that went, and one with a payment that came back in it.
        (entry("5.00", "DBIT", batch(transaction("3.00", "A"), transaction("2.00", "B"))), [("A", "-3.00", "B1"), ("B", "-2.00", "B1")]),
        (
            entry("1.00", details=batch(transaction("3.00", "A"), transaction("2.00", "B", side="<CdtDbtInd>DBIT</CdtDbtInd>"))),
            [("A", "3.00", "B1"), ("B", "-2.00", "B1")],
        ),
        # What does not come to the entry's amount, or is in other money, is not split.
        (entry("4.90", details=batch(transaction("3.00", "A"), transaction("2.00", "B"))), [("A B", "4.90", "B1")]),
        (entry("5.00", details=batch(transaction("3.00", "A"), transaction("2.00", "B", currency="USD"))), [("A B", "5.00", "B1")]),
        (entry("7.00", details=batch(transaction("9.00", "A", currency="USD"))), [("A", "7.00", "B1")]),
        (entry("7.00", status="<Sts><Cd>PDNG</Cd></Sts>") + entry("8.00", status="<Sts>INFO</Sts>"), []),
        (entry("7.00", day="<BookgDt><DtTm>2026-02-10T23:59:00+01:00</DtTm></BookgDt>"), [("", "7.00", "B1")]),
        (entry("7.00", day="<ValDt><Dt>2026-02-10</Dt></ValDt>", status=""), [("", "7.00", "B1")]),
        ("", []),
    ],
)  # fmt: skip
def test_what_a_line_says(text, rows):
    expected = [BankRow(DAY, label, Decimal(amount), own) for label, amount, own in rows]
    assert read_bank_file(statement(text).encode()) == expected


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "content",
    [
        statement(entry(more="<AddtlNtryInf>&b;</AddtlNtryInf>"), head=BOMB),
        statement(entry(), head='<!DOCTYPE Document SYSTEM "file:///etc/passwd">'),
        statement(entry(more="<AddtlNtryInf>&nbsp;</AddtlNtryInf>")),
        statement("<a>" * 40 + "</a>" * 40),
        statement("<a/>" * bank_camt.MAX_ELEMENTS),
        statement(entry("0.01") * (MAX_ROWS + 1)),
        statement(entry()) + " " * bank_camt.MAX_BYTES,
        statement(entry())[:-20],
        statement(entry()).replace("BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"),  # CAMT.054 says the same money again.
        statement(entry(), head='<?xml version="1.0" encoding="shells"?>'),
        statement(entry("1e3")),
        statement(entry("-1.00")),
        statement(entry("1.001")),
        statement(entry("NaN")),
        statement(entry(currency="USD")),
        statement(entry(side="BOTH")),
        statement(entry(day="")),
        statement(entry(day="<BookgDt><Dt>2026-02-30</Dt></BookgDt>")),
        "<html><body>Login</body></html>",
        "<",
    ],
)
def test_what_is_no_statement_or_means_harm_is_refused(content):
    with pytest.raises(BadStatement):
        read_bank_file(content.encode())


def test_words_without_an_end_are_cut():
    (row,) = read_bank_file(statement(entry(more=f"<AddtlNtryInf>{'x ' * 100_000}</AddtlNtryInf>")).encode())
    assert len(row.label) <= 500
