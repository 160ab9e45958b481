"""What the pages about money show in the browser: an invoice that is late and partly paid, claims, a statement, an advance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django_scopes import scope


def furnish_money(one: Any, by: Any) -> None:
    from ecluse.control.audit.change import change  # noqa: PLC0415 - settings come first
    from ecluse.control.billing import coming_lines as coming  # noqa: PLC0415 - needs Django
    from ecluse.control.billing import invoice_days, invoices  # noqa: PLC0415 - needs Django
    from ecluse.control.billing.advances import keep  # noqa: PLC0415 - needs Django
    from ecluse.control.billing.bank_lines import keep_rows  # noqa: PLC0415 - needs Django
    from ecluse.control.billing.bank_row import BankRow  # noqa: PLC0415 - needs Django
    from ecluse.control.billing.models import Notice, NoticeKind  # noqa: PLC0415 - needs Django
    from tests.web.things import invoiced  # noqa: PLC0415 - needs Django

    today = invoice_days.today()
    with scope(client=one):
        row = invoiced(one)
        type(row).objects.update(dated=today - timedelta(days=50), received_on=today - timedelta(days=45))
        row.refresh_from_db()
        money = invoices.Received(Decimal("30.00"), today - timedelta(days=5), "cheque", "4711")
        invoices.pay(row, money, by=by)
        with change(by=by) as act:
            keep(act, one, Decimal("12.00"), invoices.Received(Decimal("12.00"), today, "transfer", "VIR ONE"))
        Notice.objects.create(client=one, invoice=row, kind=NoticeKind.FORMAL_NOTICE, proposed_at=timezone.now())
        share = coming.Share(Fraction(41, 5))
        claims = (
            coming.Coming(coming.LineKind.SUPPORT, "Demande d'assistance (5-3)", Decimal("40.00"), "support:1"),
            coming.Coming(coming.LineKind.SLA_CREDIT, "Crédit (10-2)", share, "sla:1", note="10 x (0,02 % + 0,80 %)"),
            coming.Coming(coming.LineKind.LATE_PENALTY, "Pénalités de retard", Decimal("1.84"), "late-penalty:1"),
            coming.Coming(coming.LineKind.RECOVERY, "Indemnité forfaitaire", Decimal("40.00"), "recovery:1"),
        )
        for each in claims:
            coming.add_line(row.contract, each, by=by)
    rows = [BankRow(today, f"VIR SEPA ONE {row.reference}", Decimal("200.00")), BankRow(today, "VIR X", Decimal(3))]
    keep_rows(rows, by=by)
