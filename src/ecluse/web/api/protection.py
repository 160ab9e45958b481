"""What the provider states of its data protection, and the papers that are made of it (15-11, 15-13, GDPR art. 28)."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Annotated

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ecluse.control.accounts.queries import Client
from ecluse.control.accounts.roles import Permission
from ecluse.control.privacy import protection
from ecluse.control.privacy.protection import Statement, SubProcessor
from ecluse.domain.language import Language
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.protection import CONTRACT, POLICY, pdf_of, styled

router = Router(tags=["Data protection"])

# On the provider's page each stands in a line: name; country; task.
Part = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f;]*$"),
]
Said = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(max_length=protection.MAX_TEXT, pattern=r"^[^\x00]*$"),
]


class SubProcessorOut(BaseModel):
    """Somebody who processes data for the provider (GDPR art. 28(2))."""

    name: str
    country: str
    task: str


class SubProcessorIn(BaseModel):
    """The same, without a semicolon."""

    model_config = ConfigDict(extra="forbid")
    name: Part
    country: Part
    task: Part


class StatementOut(BaseModel):
    """What only people know; "" where the provider has said nothing."""

    name: str = Field(description="Of the provider.")
    officer: str = Field(description="The data protection officer, by e-mail (15-2).")
    officer_post: str = Field(description="By post.")
    place: str = Field(description="Where data are kept.")
    transfers: str = Field(description='Outside the European Union, and by what guarantee; "": none.')
    hardening: str
    firewall: str
    updates: str
    tests: str = Field(description="Of vulnerabilities.")
    sub_processors: list[SubProcessorOut]
    stated_at: datetime | None = Field(description="null: nothing was stated yet.")
    stated_by: str


class StatementIn(BaseModel):
    """All of it anew: what is left out is said no more."""

    model_config = ConfigDict(extra="forbid")
    name: texts.Name
    officer: texts.Email
    officer_post: Said = ""
    place: Said = ""
    transfers: Said = ""
    hardening: Said = ""
    firewall: Said = ""
    updates: Said = ""
    tests: Said = ""
    sub_processors: list[SubProcessorIn] = Field(default=[], max_length=protection.MAX_SUB_PROCESSORS)

    def statement(self) -> Statement:
        """As the papers take it."""
        values = {**dict(self), "sub_processors": tuple(SubProcessor(**dict(each)) for each in self.sub_processors)}
        return Statement(**values)


class PaperAsked(BaseModel):
    """How it is read."""

    language: Language = Language.FRENCH
    with_pdf: bool = Field(default=False, description="409 where nothing is installed that draws.")


class PaperOut(BaseModel):
    """A paper as it is made of the installation now."""

    language: Language
    html: str = Field(description="With its own style.")
    pdf: str | None = Field(description="PDF/A in base64, where it was asked for.")


@operation(router, "GET", "protection/statement", Permission.HANDLE_INCIDENTS, is_of_client=False)
def show_protection_statement(_call: Call) -> StatementOut:
    """What the provider said last."""
    return _statement()


@operation(router, "PUT", "protection/statement", Permission.HANDLE_INCIDENTS, is_of_client=False)
def state_protection(call: Call, body: StatementIn) -> StatementOut:
    """State it anew: the papers of all clients say so from now on."""
    protection.state(body.statement(), by=call.by)
    return _statement()


@operation(router, "GET", "protection/policy", Permission.HANDLE_INCIDENTS, is_of_client=False)
def show_general_policy(_call: Call, asked: Query[PaperAsked]) -> PaperOut:
    """The data-protection policy, as any client reads it."""
    return _paper(POLICY, asked, None)


@operation(router, "GET", "/protection/policy", Permission.SEE_CLIENT)
def show_policy(call: Call, asked: Query[PaperAsked]) -> PaperOut:
    """The data-protection policy, at the client's disposal (15-13)."""
    return _paper(POLICY, asked, call.client)


@operation(router, "GET", "/protection/processing", Permission.SEE_CLIENT)
def show_processor_contract(call: Call, asked: Query[PaperAsked]) -> PaperOut:
    """The processor contract with the client's own terms (GDPR art. 28)."""
    return _paper(CONTRACT, asked, call.client)


def _paper(template: str, asked: PaperAsked, client: Client | None) -> PaperOut:
    pdf = b64encode(pdf_of(template, asked.language, client)).decode() if asked.with_pdf else None
    return PaperOut(language=asked.language, html=styled(template, asked.language, client), pdf=pdf)


def _statement() -> StatementOut:
    said, version = protection.newest_statement(), protection.newest_version()
    values = {name: getattr(said, name) for name in Statement.__struct_fields__}
    processors = [SubProcessorOut(name=each.name, country=each.country, task=each.task) for each in said.sub_processors]
    return StatementOut(
        **{**values, "sub_processors": processors},
        stated_at=version.made_at if version else None,
        stated_by=version.made_by if version else "",
    )
