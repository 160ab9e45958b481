"""One operation of the API: what it may be called by, in whose scope it runs, how it is answered.

    @operation(router, "GET", "/domains", Permission.SEE_CLIENT)
    def list_domains(call: Call, asked: Query[Asked]) -> Page[DomainOut]:

becomes `GET /api/v1/clients/{client_id}/domains`, whose form of question and answer follows from the signature.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django_scopes import scope
from ninja import Router
from pydantic import BaseModel

from ecluse.control.programs.answers import MAX_TOKEN, Answer, once
from ecluse.domain.errors import EcluseError
from ecluse.web.api.callers import AnyOf, ApiKeyAuth, Call, scopes_of
from ecluse.web.api.problems import (
    MEDIA_TYPE,
    NOT_FOUND,
    Problem,
    ProblemDocument,
    invalid,
    problem_of,
)

P = ParamSpec("P")
Out = TypeVar("Out", bound=BaseModel | None)
View = Callable[Concatenate[Call, P], Out]

First = Callable[..., None]

_HEADER = "Idempotency-Key"
_PROBLEMS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_TOKEN_PARAMETER = {
    "in": "header",
    "name": _HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_TOKEN, "pattern": "^[!-~]+$"},
    "description": "A token of your own for this one act. Who repeats the request with it is told the first answer again, "
    "for 24 hours, and nothing happens twice.",
}


@dataclass(frozen=True, slots=True)
class _Rules:
    status: int
    is_of_client: bool
    keeps_answers: bool
    first: First | None


def operation(  # noqa: PLR0913 - each is a line of what stands above a view.
    router: Router,
    method: str,
    path: str,
    permission: AnyOf,
    *,
    status: int = 200,
    is_of_client: bool = True,
    keeps_answers: bool = True,
    first: First | None = None,
) -> Callable[[View[P, Out]], View[P, Out]]:
    """Make this view an operation, below a client's address unless `is_of_client` is False. `permission`: one of them will do.

    `keeps_answers=False`: it asks the world before it acts, for which no transaction may wait; repeating it does no harm.
    `first`: asks the world before anything is begun, and gets what the view gets by name; it raises `Problem`.
    """
    rules = _Rules(status, is_of_client, keeps_answers and method != "GET", first)

    def decorate(view: View[P, Out]) -> View[P, Out]:
        router.add_api_operation(
            f"clients/{{int:client_id}}{path}" if is_of_client else path,
            [method],
            _guarded(view, rules),
            auth=ApiKeyAuth(permission),
            response={status: _answer_type(view), **dict.fromkeys(_PROBLEMS, ProblemDocument)},
            operation_id=view.__name__,
            summary=inspect.cleandoc(view.__doc__ or "").partition("\n")[0],
            description=_described(view, permission),
            openapi_extra={"parameters": [_TOKEN_PARAMETER]} if rules.keeps_answers else {},
        )
        return view

    return decorate


def _guarded(view: Callable[..., Any], rules: _Rules) -> Callable[..., HttpResponse]:
    def guarded(request: HttpRequest, **values: Any) -> HttpResponse:
        call: Call = request.auth  # type: ignore[attr-defined]  # put there by ninja: what `ApiKeyAuth` gave
        values.pop("client_id", None)
        if rules.first is not None:
            rules.first(**values)
        with _scope(call, rules):
            return _answered(call, rules, lambda: _run(lambda: view(call, **values), rules.status))

    guarded.__name__, guarded.__doc__ = view.__name__, view.__doc__
    guarded.__signature__ = _signature(view, rules)  # type: ignore[attr-defined]  # what `inspect` looks at first
    return guarded


def _answered(call: Call, rules: _Rules, work: Callable[[], Answer]) -> HttpResponse:
    token = call.request.headers.get(_HEADER)
    if token is None or not rules.keeps_answers:
        return _response(work())
    if not (token.isascii() and token.isprintable() and 0 < len(token) <= MAX_TOKEN and " " not in token):
        raise invalid(f"header.{_HEADER}", "1 to 255 letters without spaces")
    answer, is_old = once(call.key, call.secret, token, _digest(call.request), work)
    response = _response(answer)
    if is_old:
        response["Idempotency-Replayed"] = "true"
    return response


def _run(work: Callable[[], BaseModel | None], status: int) -> Answer:
    """What the view says, or why a service refused."""
    try:
        said = work()
    except Http404:
        return Answer(404, Problem(NOT_FOUND).body)
    except EcluseError as refusal:
        problem = problem_of(refusal)
        if problem.wait_s:  # Told with its header, and kept for no token: who waits is answered otherwise.
            raise problem from None
        return Answer(problem.kind.status, problem.body)
    return Answer(status, b"" if said is None else said.model_dump_json(serialize_as_any=True).encode())


def _response(answer: Answer) -> HttpResponse:
    kind = "application/json" if answer.status < 400 else MEDIA_TYPE
    response = HttpResponse(answer.body, status=answer.status, content_type=kind)
    if not answer.body:
        del response["Content-Type"]
    return response


def _scope(call: Call, rules: _Rules) -> AbstractContextManager[object]:
    scoped: AbstractContextManager[object] = scope(client=call.client) if rules.is_of_client else nullcontext()
    return scoped


def _digest(request: HttpRequest) -> bytes:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).digest()


def _signature(view: Callable[..., Any], rules: _Rules) -> inspect.Signature:
    """As ninja needs it: the request, the client where there is one, and what the view takes."""
    kind = inspect.Parameter.KEYWORD_ONLY
    taken = [each.replace(kind=kind) for each in inspect.signature(view, eval_str=True).parameters.values()][1:]
    client = [inspect.Parameter("client_id", kind, annotation=int)] if rules.is_of_client else []
    request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=HttpRequest)
    return inspect.Signature([request, *client, *taken])


def _answer_type(view: Callable[..., Any]) -> Any:
    return inspect.signature(view, eval_str=True).return_annotation


def _described(view: Callable[..., Any], permission: AnyOf) -> str:
    rest = inspect.cleandoc(view.__doc__ or "").partition("\n")[2].strip()
    names = " or ".join(f"`{each}`" for each in scopes_of(permission))
    scope_line = f"Scope: {names}." if names else "Scope: any."
    return f"{rest}\n\n{scope_line}".strip()
