"""The API of the console, version 1: OpenAPI 3.1 at /api/v1/openapi.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from pydantic import BaseModel

from ecluse.domain.errors import EcluseError
from ecluse.web.api import (
    accounting,
    addresses,
    all_clients,
    all_invoices,
    amendment_acts,
    audit,
    availability,
    bank,
    branding,
    cases,
    catalogue,
    change_notices,
    choices,
    client_end,
    clients,
    connectors,
    contract_acts,
    contract_desk,
    contract_papers,
    contracts,
    deliverability,
    detours,
    directory,
    domains,
    effect,
    found_addresses,
    incident_acts,
    invoice_acts,
    invoice_told,
    invoices,
    jobs,
    late_flags,
    late_payment,
    learned,
    lesson_folders,
    lessons,
    lists,
    log,
    members,
    month_sources,
    node_acts,
    nodes,
    notice_address,
    objections,
    old_servers,
    outbound_rules,
    parties,
    payments,
    person_request_acts,
    person_requests,
    probes,
    protection,
    purge_clocks,
    quarantine,
    quotes,
    rates,
    ready_answers,
    registers,
    requisitions,
    routes,
    running_month,
    sending,
    sending_locks,
    servers,
    settings_of_client,
    sla,
    sla_days,
    support,
    support_mails,
    suppression,
    ticket_acts,
    ticket_entering,
    ticket_files,
    traffic,
    webhooks,
)
from ecluse.web.api.problems import BAD_REQUEST, INVALID, KINDS, MEDIA_TYPE, ErrorAt, Problem, problem_of

MAX_ERRORS = 20
ROUTERS = (
    clients.router,
    client_end.router,
    domains.router,
    routes.router,
    old_servers.router,
    sending.router,
    sending_locks.router,
    suppression.router,
    deliverability.router,
    addresses.router,
    found_addresses.router,
    directory.router,
    lists.router,
    settings_of_client.router,
    outbound_rules.router,
    connectors.router,
    branding.router,
    effect.router,
    log.router,
    traffic.router,
    late_flags.router,
    lessons.router,
    learned.router,
    lesson_folders.router,
    rates.router,
    sla.router,
    sla_days.router,
    servers.router,
    running_month.router,
    month_sources.router,
    objections.router,
    quarantine.router,
    members.router,
    contracts.router,
    contract_acts.router,
    amendment_acts.router,
    contract_papers.router,
    contract_desk.router,
    quotes.router,
    catalogue.router,
    change_notices.router,
    notice_address.router,
    choices.router,
    audit.router,
    webhooks.router,
    invoices.router,
    parties.router,
    all_invoices.router,
    invoice_acts.router,
    invoice_told.router,
    payments.router,
    late_payment.router,
    accounting.router,
    bank.router,
    support.router,
    ticket_acts.router,
    ticket_files.router,
    support_mails.router,
    ready_answers.router,
    ticket_entering.router,
    cases.router,
    all_clients.router,
    person_requests.router,
    person_request_acts.router,
    registers.router,
    incident_acts.router,
    requisitions.router,
    protection.router,
    purge_clocks.router,
    nodes.router,
    detours.router,
    node_acts.router,
    jobs.router,
    probes.router,
    availability.router,
)


class _Json(Parser):
    """Strict JSON: no NaN, no lone surrogate, no depth beyond Python's."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """See ninja."""
        return cast("dict[str, Any]", msgspec.json.decode(request.body))


class _Api(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """See ninja. To make it takes most of a second: it is made once."""
        return _promised(super().get_openapi_schema, path_prefix, tuple((path_params or {}).items()))


@cache
def _promised(
    schema_of: Callable[..., OpenAPISchema], prefix: str | None, params: tuple[tuple[str, Any], ...]
) -> OpenAPISchema:
    """Ninja knows one media type for all answers, and lists what nothing refers to."""
    schema = schema_of(path_prefix=prefix, path_params=dict(params) or None)
    for each in (each for path in schema["paths"].values() for each in path.values()):
        for status, response in each["responses"].items():
            if int(status) >= 400 and "content" in response:
                response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    told, components = json.dumps(schema), schema["components"]["schemas"]
    for name in [each for each in components if f'"#/components/schemas/{each}"' not in told]:
        del components[name]  # What stands in addresses is told there.
    return schema


class KindOut(BaseModel):
    """One kind of problem."""

    name: str
    status: int
    title: str
    advice: str


api = _Api(
    title="Écluse",
    version="1",
    description="What the console does for a client's administration, for programs. See docs/howto/api.md.",
    docs_url=None,
    parser=_Json(),
    urls_namespace="api-1",
)
for _router in dict.fromkeys(ROUTERS):  # What reads and what acts at the same addresses share one.
    api.add_router("", _router)


@api.get("problems", response=list[KindOut], auth=None, tags=["Problems"], operation_id="list_problems")
def list_problems(request: HttpRequest) -> list[KindOut]:  # noqa: ARG001 - ninja's signature
    """All kinds of problems, and what to do about each."""
    return [KindOut(name=each.name, status=each.status, title=each.title, advice=each.advice) for each in KINDS]


@api.exception_handler(EcluseError)
def _refused(_request: HttpRequest, refusal: EcluseError) -> HttpResponse:
    return problem_of(refusal).response()


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = tuple(_error(each) for each in error.errors[:MAX_ERRORS])
    return Problem(INVALID, errors=errors).response()


@api.exception_handler(HttpError)
def _unreadable(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja raises it for bodies that its parser does not take."""
    if error.status_code != 400:
        raise error
    return Problem(BAD_REQUEST).response()


def _error(each: dict[str, Any]) -> ErrorAt:
    # Ninja puts the name of our parameter, "body" or "asked", behind the source of the same name.
    places = [str(part) for part in each.get("loc", ())]
    where = ".".join(dict.fromkeys(part for part in places if part != "asked"))
    return ErrorAt(where=where[:200], what=str(each.get("msg", ""))[:300])
