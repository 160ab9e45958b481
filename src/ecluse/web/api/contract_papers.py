"""Papers of a contract, as programs list, fetch and hand them in: in base64, scanned as they come and as they go (3-1)."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from datetime import datetime

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.contracts import papers, queries
from ecluse.control.contracts.papers import ContractPaper, PaperKind
from ecluse.control.contracts.queries import Amendment, Contract
from ecluse.web.api.callers import Call
from ecluse.web.api.contracts import contract_at
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, Problem, invalid
from ecluse.web.pages import or_404
from ecluse.web.scanned import why_not_given_out, why_not_taken

router = Router(tags=["Contracts"])

MAX_BASE64 = 1_000_000  # Characters: a whole body has 1,048,576.
_PATH = "/contracts/{int:contract_id}/papers"


class ContractPaperOut(BaseModel):
    """One paper: drawn once, when what it says was sent, or signed by hand and handed in."""

    id: int
    kind: PaperKind
    name: str = Field(description="Of the file.", examples=["C2026-00001-signed-12.pdf"])
    amendment_id: int | None = Field(description="null: it is of the contract itself.")
    made_at: datetime
    made_by: str
    sha256: str = Field(description="Of the file.")
    document_sha256: str = Field(description="Of what is accepted by it.")
    is_current: bool = Field(description="false: what it says was taken back and changed since.")


class ContractPapersOut(BaseModel):
    """All of them."""

    items: list[ContractPaperOut]


class ContractPaperWhole(ContractPaperOut):
    """The same, and the file as it was made, or came."""

    pdf: str = Field(description="In base64.")


class SignedPaperIn(BaseModel):
    """What was signed by hand."""

    model_config = ConfigDict(extra="forbid")
    pdf: str = Field(
        min_length=1, max_length=MAX_BASE64, description="In base64. A larger one is uploaded at the console."
    )
    amendment_id: int | None = Field(default=None, description="Of which it is; null: of the contract itself.")


@operation(router, "GET", _PATH, Permission.SEE_BILLING)
def list_contract_papers(call: Call, contract_id: int) -> ContractPapersOut:
    """Quote, order form and amendments as they were sent, and what was signed by hand; each with its sums."""
    return ContractPapersOut(items=[_paper(each) for each in _papers_at(call, contract_id)])


@operation(router, "GET", f"{_PATH}/{{int:paper_id}}", Permission.SEE_BILLING)
def show_contract_paper(call: Call, contract_id: int, paper_id: int) -> ContractPaperWhole:
    """One of them. 404 where it is not what it was; 409 where the virus scanner has something against it, or does not answer."""
    row = or_404(next((each for each in _papers_at(call, contract_id) if each.pk == paper_id), None))
    body = or_404(papers.body_of(row))
    if row.kind == PaperKind.SIGNED and (why := why_not_given_out(body, paper=row.pk)):
        raise Problem(CONFLICT, str(why))
    return ContractPaperWhole(**_paper(row).model_dump(), pdf=b64encode(body).decode())


def look_at_paper(*, body: SignedPaperIn, **_: object) -> None:
    """The scanner is asked before anything is begun: no transaction waits for it. Raises `Problem`."""
    if why := why_not_taken(_octets(body)):
        raise Problem(CONFLICT, str(why))


@operation(
    router,
    "POST",
    _PATH,
    (Permission.ACCEPT_CONTRACTS, Permission.CHANGE_CONTRACTS),
    status=201,
    first=look_at_paper,
)
def add_contract_paper(call: Call, contract_id: int, body: SignedPaperIn) -> ContractPaperOut:
    """Hand in what was signed by hand, of what is accepted now: evidence beside the yes by a click, which moves nothing.

    409 for what was never sent, for more than twenty of one contract, and where the virus scanner has something against it.
    """
    contract = contract_at(call, contract_id)
    amendment = None if body.amendment_id is None else _amendment(call, contract, body.amendment_id)
    made = papers.upload_signed(contract, _octets(body), amendment=amendment, by=call.by)
    return _paper(or_404(next((each for each in _papers_at(call, contract_id) if each.pk == made.pk), None)))


def _papers_at(call: Call, contract_id: int) -> list[ContractPaper]:
    """What the caller's side sees. Raises `Http404`."""
    return papers.papers_of(contract_at(call, contract_id), for_client=not call.is_of_provider)


def _amendment(call: Call, contract: Contract, amendment_id: int) -> Amendment:
    find = queries.find_amendment if call.is_of_provider else queries.amendment_shown_to_client
    return or_404(find(contract, amendment_id))


def _octets(sent: SignedPaperIn) -> bytes:
    """Raises `Problem` for what is no PDF."""
    try:
        found = b64decode(sent.pdf, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("body.pdf", "base64") from None
    if not papers.is_taken(found):
        raise invalid("body.pdf", "a PDF")
    return found


def _paper(row: ContractPaper) -> ContractPaperOut:
    """As `papers_of` gives it."""
    return ContractPaperOut(
        id=row.pk,
        kind=PaperKind(row.kind),
        name=papers.file_name(row),
        amendment_id=row.amendment_id,
        made_at=row.made_at,
        made_by=row.made_by,
        sha256=row.sha256,
        document_sha256=row.document_sha256,
        is_current=row.is_current,  # type: ignore[attr-defined]  # put there by `papers_of`
    )
