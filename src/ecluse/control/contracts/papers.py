"""Papers of a contract: quote, order form and amendments as PDF, drawn once when they are sent; what was signed by hand, uploaded (3-1).

A drawn paper names the sum of what is accepted, and belongs to that alone: an offer that was taken back and changed gets
papers of its own. A signed one is kept as it came, bounded, as evidence beside the yes by a click: it moves nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

import structlog
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import Change, change
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.amendments import amendment_document
from ecluse.control.contracts.models import Amendment, Contract, ContractPaper, PaperKind
from ecluse.control.contracts.moves import note_change
from ecluse.control.contracts.offers import offer_document, sum_of
from ecluse.control.contracts.states import ContractState
from ecluse.domain.errors import Impossible

__all__ = ["ContractPaper", "PaperKind"]

log = structlog.get_logger()

MAX_OCTETS = 10_000_000
MOST_SIGNED = 20  # Of one contract.
_HEAD, _TAIL, _TAIL_WITHIN = b"%PDF-", b"%%EOF", 1_024
_BY = Actor(ActorKind.JOB, "invoices")


class NoPaper(Impossible):
    """Not a PDF, too large, or too many of them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be drawn."""

    kind: PaperKind
    contract: Contract
    amendment: Amendment | None
    sum: str  # SHA-256 of what is accepted.


def draw_due(draw: Callable[[Sheet], bytes]) -> int:
    """Draw the papers of all that was sent and has none; how many. One that cannot be drawn keeps no other from it, and is tried again.

    What `draw` says by `Impossible` is logged, and so names no client; of whatever else is raised only the kind is.
    """
    with scopes_disabled():  # Contracts of all clients.
        sent = Contract.objects.filter(state__in=(ContractState.SENT, ContractState.ACCEPTED))
        offers = list(sent.select_related("client", "terms").prefetch_related("domains").order_by("pk"))
        changed = Amendment.objects.filter(state__in=(AmendmentState.SENT, AmendmentState.ACCEPTED))
        amendments = list(changed.select_related("contract__client", "contract__terms").order_by("pk"))
        drawn = _drawn({*(each.pk for each in offers), *(each.contract_id for each in amendments)})
    count = 0
    everything: list[Contract | Amendment] = [*offers, *amendments]
    for each in everything:
        client = each.client if isinstance(each, Contract) else each.contract.client
        with scope(client=client):
            count += sum(_is_drawn(sheet, draw) for sheet in _missing(each, drawn))
    return count


def upload_signed(contract: Contract, body: bytes, *, amendment: Amendment | None = None, by: Actor) -> ContractPaper:
    """Keep what was signed by hand, of what is accepted now. Raises `NoPaper`; `Impossible` for what was never sent."""
    if not is_taken(body):
        raise NoPaper("a PDF of ten megabytes at most")
    if contract.terms is None or (amendment is not None and amendment.valid_until is None):
        raise Impossible("nobody signs what was not sent")
    document = offer_document(contract) if amendment is None else amendment_document(amendment)
    with change(by=by) as act:
        Contract.objects.select_for_update(of=("self",)).get(pk=contract.pk)
        if contract.papers.filter(kind=PaperKind.SIGNED).count() >= MOST_SIGNED:
            raise NoPaper(f"more than {MOST_SIGNED} signed papers")
        sheet = Sheet(PaperKind.SIGNED, contract, amendment, sum_of(document))
        row = ContractPaper.objects.create(**_values(act, sheet, body))
        note_change(act, contract, "paper-signed", f"{_name(sheet)} SHA-256 {row.sha256}", sha256=row.sha256)
        return row


def is_taken(body: bytes) -> bool:
    """A PDF, and not too large."""
    return is_pdf(body) and len(body) <= MAX_OCTETS


def is_pdf(body: bytes) -> bool:
    """By what it begins and ends with; what it is called says nothing."""
    return body.startswith(_HEAD) and _TAIL in body[-_TAIL_WITHIN:]


def papers_of(contract: Contract, *, for_client: bool) -> list[ContractPaper]:
    """Without their bodies; `is_current` says whether each is about what is accepted now."""
    rows = list(contract.papers.defer("body").select_related("amendment__contract"))
    shown = rows if not for_client else [each for each in rows if each.amendment is None or each.amendment.valid_until]
    sums: dict[int | None, str] = {None: sum_of(offer_document(contract))}
    for each in contract.amendments.select_related("contract__terms", "contract__client"):
        sums[each.pk] = sum_of(amendment_document(each))
    for row in shown:
        # Since a period was renewed an offer says other numbers: what was signed for it stays what holds.
        row.is_current = contract.first_day is not None or row.document_sha256 == sums[row.amendment_id]  # type: ignore[attr-defined]  # for the page alone.
    return shown


def find_paper(contract: Contract, pk: int) -> ContractPaper | None:
    """One of its."""
    return contract.papers.select_related("amendment__contract").filter(pk=pk).first()


def body_of(paper: ContractPaper) -> bytes | None:
    """As it was made, or came; None where it is not that any more, which is logged."""
    body = bytes(paper.body)
    if hashlib.sha256(body).hexdigest() != paper.sha256:
        log.error("paper changed", contract=paper.contract.reference, paper=paper.pk)
        return None
    return body


def file_name(paper: ContractPaper) -> str:
    """ASCII, without quotes."""
    of = paper.amendment.reference if paper.amendment else paper.contract.reference
    return f"{of}-{paper.kind}-{paper.pk}.pdf"


def _drawn(contracts: set[int]) -> set[tuple[int, str, str]]:
    """What there is of them already: contract, kind, and the sum of what is accepted."""
    papers = ContractPaper.objects.filter(contract__in=contracts)
    return set(papers.values_list("contract_id", "kind", "document_sha256"))


def _missing(row: Contract | Amendment, drawn: Container[tuple[int, str, str]]) -> Iterator[Sheet]:
    if isinstance(row, Contract):
        total = sum_of(offer_document(row))
        wanted = [Sheet(kind, row, None, total) for kind in (PaperKind.QUOTE, PaperKind.ORDER)]
    else:
        total = sum_of(amendment_document(row))
        wanted = [Sheet(PaperKind.AMENDMENT, row.contract, row, total)]
    for sheet in wanted:
        if (sheet.contract.pk, sheet.kind, sheet.sum) not in drawn:
            yield sheet


def _is_drawn(sheet: Sheet, draw: Callable[[Sheet], bytes]) -> bool:
    try:
        body = draw(sheet)
    except Exception as problem:  # noqa: BLE001 - texts of people choose what a drawing library raises.
        what = str(problem) if isinstance(problem, Impossible) else type(problem).__name__
        log.error("paper not drawn", contract=sheet.contract.reference, problem=what)
        return False
    with change(by=_BY) as act:
        values = _values(act, sheet, body)
        key = {name: values.pop(name) for name in ("client_id", "contract", "kind", "document_sha256")}
        row, is_new = ContractPaper.objects.get_or_create(**key, defaults=values)
        if is_new:
            act.record("contract.paper-drawn", row, client_id=row.client_id, after={"sha256": row.sha256})
    return is_new


def _values(act: Change, sheet: Sheet, body: bytes) -> dict[str, object]:
    return {
        "client_id": sheet.contract.client_id,
        "contract": sheet.contract,
        "amendment": sheet.amendment,
        "kind": sheet.kind,
        "document_sha256": sheet.sum,
        "made_at": act.at,
        "made_by": str(act.by),
        "body": body,
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def _name(sheet: Sheet) -> str:
    return sheet.amendment.reference if sheet.amendment else sheet.contract.reference
