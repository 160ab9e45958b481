"""A client's contracts and their amendments, to read. No program says the client's yes: a person signs (3-1, 17-1)."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Query, Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import queries
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.prices import price_now
from ecluse.control.contracts.queries import Amendment, Approval, Contract
from ecluse.control.contracts.states import ContractState
from ecluse.domain.money import cents
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.pages import or_404

router = Router(tags=["Contracts"])


class NamedDomainOut(BaseModel):
    """A domain on the order form, or named since."""

    name: str
    approval: Approval
    reason: str = Field(description="Of a refusal.")


class PeriodOut(BaseModel):
    """The one that runs, or ran last."""

    starts_on: date
    ends_on: date = Field(description="The first day behind it.")


class UsersOut(BaseModel):
    """Users as the provider counts them now (3-4, 3-5)."""

    counted: int
    free: int = Field(description="More than ordered that are served for nothing.")
    excess: int = Field(description="Beyond those: an amendment is due.")


class AcceptedOut(BaseModel):
    """The client's yes."""

    at: datetime
    sha256: str = Field(description="Of the document that was accepted.")


class ContractOut(BaseModel):
    """One contract, from its offer on. Amounts are EUR, net of tax."""

    id: int
    reference: str
    state: ContractState = Field(description="sent: an offer that the client has not answered.")
    services: Bundle
    addresses: int = Field(description="Ordered.")
    first_addresses: int = Field(description="At subscription: a fifth more is free.")
    users: UsersOut
    options: list[str]
    domains: list[NamedDomainOut]
    months: int = Field(description="Of the first term.")
    period: PeriodOut | None
    price: str = Field(description="Of the whole period, as it began.")
    price_now: str = Field(description="The same with what amendments have added, as for a whole period.")
    terms: str = Field(description='Version of the terms of sale; "" before it was sent.')
    terms_sha256: str
    valid_until: date | None = Field(description="Of the offer, that day included.")
    notice_until: datetime | None = Field(description="The last moment for a letter of notice; null: not in force.")
    accepted: list[AcceptedOut]


class AmendmentOut(BaseModel):
    """One change of a contract during a period. Amounts are EUR, net of tax."""

    id: int
    reference: str
    state: AmendmentState
    services: Bundle
    addresses: int = Field(description="In all.")
    options: list[str]
    more_domains: list[str]
    price_month: str = Field(description="More for each whole month left of the period.")
    months: int = Field(description="For which it is paid; 0 before it has begun.")
    starts_on: date | None
    valid_until: date | None
    invoice: str = Field(description='"" before it is invoiced.')
    accepted: list[AcceptedOut]


class ContractLineOut(BaseModel):
    """One of the list of all; below its client's address stands the rest. Amounts are EUR, net of tax."""

    id: int
    client_id: int
    client: str
    reference: str
    state: ContractState
    services: Bundle
    addresses: int
    months: int = Field(description="Of the first term.")
    period: PeriodOut | None
    price: str = Field(description="Of the whole period, as it began.")
    terms: str = Field(description='Version of the terms of sale; "" before it was sent.')
    valid_until: date | None = Field(description="Of the offer, that day included.")
    notice_at: datetime | None = Field(description="When a letter of notice came in time.")
    breach_sent_on: date | None = Field(description="When the letter went that names a serious breach (16-1).")


class HistoryLineOut(BaseModel):
    """One line of a contract's history, which is kept as long as the contract."""

    at: datetime
    by: str
    what: str = Field(description='A step, or what moved nothing: "notice-refused", "domain-granted".')
    note: str


class HistoryOut(BaseModel):
    """All of it, the oldest first."""

    items: list[HistoryLineOut]


class ContractsAsked(Asked):
    """Which contracts."""

    state: ContractState | None = None
    q: texts.Search = ""


@operation(router, "GET", "contracts", Permission.SEE_BILLING, is_of_client=False)
def list_all_contracts(_call: Call, asked: Query[ContractsAsked]) -> Page[ContractLineOut]:
    """Contracts and offers of all clients, the newest first; `q`: a part of the client's name. For the provider's keys."""
    return queries.read_all(
        lambda rows: page_of(rows, asked, _line, newest_first=True), state=asked.state or "", search=asked.q
    )


@operation(router, "GET", "/contracts", Permission.SEE_BILLING)
def list_contracts(call: Call, asked: Query[Asked]) -> Page[ContractOut]:
    """All contracts and offers of the client, the newest first."""
    rows = queries.contracts() if call.is_of_provider else queries.shown_to_client()
    return page_of(rows.prefetch_related("domains", "acceptances"), asked, contract_out, newest_first=True)


@operation(router, "GET", "/contracts/{int:contract_id}", Permission.SEE_BILLING)
def show_contract(call: Call, contract_id: int) -> ContractOut:
    """One of them."""
    return contract_out(contract_at(call, contract_id))


@operation(router, "GET", "/contracts/{int:contract_id}/history", Permission.SEE_BILLING)
def show_history(call: Call, contract_id: int) -> HistoryOut:
    """What has become of it: steps, letters with their references, reasons, domains."""
    moves = contract_at(call, contract_id).moves.all()
    return HistoryOut(items=[HistoryLineOut(at=each.at, by=each.by, what=each.what, note=each.note) for each in moves])


@operation(router, "GET", "/contracts/{int:contract_id}/amendments", Permission.SEE_BILLING)
def list_amendments(call: Call, contract_id: int, asked: Query[Asked]) -> Page[AmendmentOut]:
    """What the contract was, or is to be, changed to."""
    row = contract_at(call, contract_id)
    rows = row.amendments.all() if call.is_of_provider else queries.amendments_shown_to_client(row)
    return page_of(rows.select_related("contract").prefetch_related("acceptances"), asked, amendment_out)


def contract_at(call: Call, contract_id: int) -> Contract:
    """One of the client's: drafts are the provider's alone. Raises `Http404`."""
    find = queries.find_contract if call.is_of_provider else queries.contract_shown_to_client
    return or_404(find(contract_id))


def _line(row: Contract) -> ContractLineOut:
    return ContractLineOut(
        id=row.pk,
        client_id=row.client_id,
        client=row.client.name,
        reference=row.reference,
        state=ContractState(row.state),
        services=Bundle(row.bundle),
        addresses=row.addresses,
        months=row.months,
        period=_period(row),
        price=str(cents(row.price.net)),
        terms=row.terms.name if row.terms else "",
        valid_until=row.valid_until,
        notice_at=row.notice_at,
        breach_sent_on=row.breach_sent_on,
    )


def _period(row: Contract) -> PeriodOut | None:
    period = row.period
    return None if period is None else PeriodOut(starts_on=period.starts_on, ends_on=period.ends_on)


def contract_out(row: Contract) -> ContractOut:
    """As both sides read it. In its client's scope."""
    terms, used = row.terms, queries.entitlement(row)
    return ContractOut(
        id=row.pk,
        reference=row.reference,
        state=ContractState(row.state),
        services=Bundle(row.bundle),
        addresses=row.addresses,
        first_addresses=row.first_addresses,
        users=UsersOut(counted=used.users, free=used.free, excess=used.excess),
        options=list(row.options),
        domains=[
            NamedDomainOut(name=each.name, approval=Approval(each.approval), reason=each.reason)
            for each in row.domains.all()
        ],
        months=row.months,
        period=_period(row),
        price=str(cents(row.price.net)),
        price_now=str(cents(price_now(row).net)),
        terms=terms.name if terms else "",
        terms_sha256=terms.sha256 if terms else "",
        valid_until=row.valid_until,
        notice_until=used.notice_until,
        accepted=[
            AcceptedOut(at=each.at, sha256=each.sha256) for each in row.acceptances.all() if each.amendment_id is None
        ],
    )


def amendment_out(row: Amendment) -> AmendmentOut:
    """As both sides read it. In its client's scope."""
    return AmendmentOut(
        id=row.pk,
        reference=row.reference,
        state=AmendmentState(row.state),
        services=Bundle(row.bundle),
        addresses=row.addresses,
        options=list(row.options),
        more_domains=list(row.domains),
        price_month=str(cents(row.month.net)),
        months=row.months,
        starts_on=row.starts_on,
        valid_until=row.valid_until,
        invoice=row.invoice,
        accepted=[AcceptedOut(at=each.at, sha256=each.sha256) for each in row.acceptances.all()],
    )
