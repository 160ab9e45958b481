"""What is owed for late payment, by which rates, and letters of the ladder: for the provider's own programs (6-7 to 6-10)."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.billing import coming_lines, dunning, key_rates, late_claims, notice_papers, queries
from ecluse.control.billing.account import ComingLine
from ecluse.control.billing.invoice_days import today
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.invoices import InvoiceOut, invoice_out
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import NOT_FOUND, Problem
from ecluse.web.pages import or_404

router = Router(tags=["Invoices"])


class LateClaimOut(BaseModel):
    """What a client owes for an invoice that was paid late, and was not asked for yet."""

    id: int
    client_id: int
    client: str
    kind: str = Field(description="late-penalty (6-7) or recovery-indemnity (6-8).")
    text: str = Field(description="As it stands on the document.")
    note: str = Field(description="How it was computed.")
    net: str = Field(description="EUR with two decimals, without tax.", examples=["40.00"])
    made_at: datetime


class LateClaimsOut(BaseModel):
    """Of all clients, by their names."""

    items: list[LateClaimOut]
    unknown_half_years: list[date] = Field(
        description="Nothing that reaches into these is computed: enter their rates."
    )


class WaiveIn(BaseModel):
    """Why it is not asked for."""

    model_config = ConfigDict(extra="forbid")
    why: texts.Reason = Field(min_length=1)


class WaivedOut(BaseModel):
    """It is not asked for."""

    id: int
    waived_at: datetime | None


class KeyRateOut(BaseModel):
    """The European Central Bank's rate for its main refinancing operations, as in force on the first day of a half-year."""

    half_year: date = Field(description="Its first day.")
    percent: str = Field(examples=["2.15"])
    is_entered: bool = Field(description="By the provider; false: it was shipped.")


class KeyRatesOut(BaseModel):
    """The newest first."""

    items: list[KeyRateOut]
    unknown_half_years: list[date]


class KeyRateIn(BaseModel):
    """The rate that is entered."""

    model_config = ConfigDict(extra="forbid")
    half_year: date = Field(description="1 January or 1 July of one that has begun and was not shipped.")
    percent: str = Field(
        pattern=r"^[0-9]{1,2}\.[0-9]{2}$", description=f"0.00 to {key_rates.HIGHEST}.00.", examples=["2.15"]
    )


class NoticePaperOut(BaseModel):
    """A letter for the registered post, as it was drawn."""

    name: str
    pdf: str = Field(description="In base64.")


@operation(router, "GET", "late-claims", Permission.SEE_BILLING, is_of_client=False)
def list_late_claims(_call: Call) -> LateClaimsOut:
    """Penalties and indemnities of all clients that were neither asked for nor waived."""
    items = [_claim(each) for each in late_claims.claims_of_all()]
    return LateClaimsOut(items=items, unknown_half_years=key_rates.unknown_half_years(today()))


@operation(router, "POST", "/late-claims/invoice", Permission.CHANGE_CONTRACTS, status=201)
def ask_for_late_claims(call: Call) -> InvoiceOut:
    """Ask for all that the client owes so, on one document of its own, without tax. 409 where nothing is owed."""
    return invoice_out(queries.standing_of(late_claims.ask_for_claims(by=call.by), today()))


@operation(router, "POST", "/coming-lines/{int:line_id}/waive", Permission.CHANGE_CONTRACTS)
def waive_coming_line(call: Call, line_id: int, body: WaiveIn) -> WaivedOut:
    """Do not ask for one line that was not invoiced yet: of late payment, or of the next invoice (`GET .../account`). 409 for what gives back."""
    row = or_404(coming_lines.find_line(line_id))
    coming_lines.waive(row, body.why, by=call.by)
    return WaivedOut(id=row.pk, waived_at=row.waived_at)


@operation(router, "GET", "/notices/{int:notice_id}/papers/{int:notice_paper_id}", Permission.SEE_BILLING)
def show_notice_paper(call: Call, notice_id: int, notice_paper_id: int) -> NoticePaperOut:
    """The letter of a rung, as PDF, to be posted before it is answered yes; by the provider's keys alone."""
    if not call.is_of_provider:
        raise Problem(NOT_FOUND)
    row = or_404(dunning.find_notice(notice_id))
    body = or_404(notice_papers.body_of(or_404(notice_papers.find_paper(row, notice_paper_id))))
    name = f"{row.invoice.reference}-{row.kind}-{notice_paper_id}.pdf"
    return NoticePaperOut(name=name, pdf=b64encode(body).decode())


@operation(router, "GET", "key-rates", (Permission.SEE_BILLING, Permission.CHANGE_CONTRACTS), is_of_client=False)
def list_key_rates(_call: Call) -> KeyRatesOut:
    """Those that are known, and half-years of which none is."""
    return _rates()


@operation(router, "POST", "key-rates", Permission.CHANGE_CONTRACTS, status=201, is_of_client=False)
def enter_key_rate(call: Call, body: KeyRateIn) -> KeyRatesOut:
    """The rate of a half-year that was not shipped; corrects what was entered before. 409 for any other."""
    key_rates.enter_rate(body.half_year, Decimal(body.percent), by=call.by)
    return _rates()


def _claim(row: ComingLine) -> LateClaimOut:
    return LateClaimOut(
        id=row.pk,
        client_id=row.client_id,
        client=row.client.name,
        kind=row.kind,
        text=row.text,
        note=row.note,
        net=str(row.net),
        made_at=row.made_at,
    )


def _rates() -> KeyRatesOut:
    items = [
        KeyRateOut(half_year=each.half_year, percent=str(each.percent), is_entered=each.entered is not None)
        for each in key_rates.all_rates()
    ]
    return KeyRatesOut(items=items, unknown_half_years=key_rates.unknown_half_years(today()))
