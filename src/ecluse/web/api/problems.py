"""What goes wrong, as problem documents that say what to do (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.http import HttpResponse
from pydantic import BaseModel, Field

from ecluse.control.accounts import services as accounts
from ecluse.control.mail import quarantine
from ecluse.control.programs import answers
from ecluse.control.tenants import services as tenants
from ecluse.domain.errors import EcluseError, Impossible, Unavailable

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    name: str
    status: int
    title: str
    advice: str  # What the program, or its people, should do.


BAD_REQUEST = Kind("bad-request", 400, "The request cannot be read", "Send a body of valid JSON in UTF-8.")
NO_KEY = Kind(
    "no-key",
    401,
    "No valid API key",
    "Send `Authorization: Bearer KEY`. A key that was revoked, has expired, or whose maker has lost access opens nothing: "
    "make another on the console's page Programs.",
)
SCOPE_MISSING = Kind(
    "scope-missing", 403, "The key lacks a scope", "Make a key with the scope that `detail` names, and use that."
)
NOT_FOUND = Kind(
    "not-found",
    404,
    "There is no such thing",
    "Check the address. What belongs to another client is not there for you.",
)
WRONG_METHOD = Kind("wrong-method", 405, "This cannot be done here", "The header `Allow` names what can be done.")
CONFLICT = Kind(
    "conflict", 409, "The state of things forbids it", "Read `detail`, look at the thing anew, then decide."
)
TOO_LARGE = Kind(
    "too-large", 413, "The request is too large", "Send less at once: a body has at most 1,048,576 octets."
)
NOT_JSON = Kind("not-json", 415, "The body is not JSON", "Send `Content-Type: application/json`.")
INVALID = Kind("invalid", 422, "Something in the request is not as it should be", "`errors` says what is wrong where.")
TOKEN_REUSED = Kind(
    "token-reused",
    422,
    "This Idempotency-Key belongs to another request",
    "Use a fresh Idempotency-Key for each act; repeat it only with the very same request.",
)
TOO_OFTEN = Kind("too-often", 429, "Too many requests", "Wait for as many seconds as `Retry-After` says.")
FAULT = Kind("fault", 500, "Our fault", "Try again later, with the same Idempotency-Key; then tell the provider.")
AWAY = Kind("away", 503, "Something we need does not answer", "Try again in a minute.")

KINDS = (
    BAD_REQUEST, NO_KEY, SCOPE_MISSING, NOT_FOUND, WRONG_METHOD, CONFLICT, TOO_LARGE, NOT_JSON, INVALID, TOKEN_REUSED,
    TOO_OFTEN, FAULT, AWAY,
)  # fmt: skip

# What services refuse, and why in words.
REFUSALS: Mapping[type[EcluseError], tuple[Kind, str]] = MappingProxyType(
    {
        tenants.Taken: (CONFLICT, "It is there already, or another client has shown that it is theirs."),
        tenants.LastRoute: (
            CONFLICT,
            "The last route cannot be removed: mail would have nowhere to go. Add another first.",
        ),
        tenants.NotProven: (CONFLICT, "The domain is a claim: prove it first."),
        accounts.LastOwner: (CONFLICT, "Somebody must remain who can let others in."),
        accounts.OwnRole: (CONFLICT, "Nobody lets himself in, or changes what he is himself, by a key of his either."),
        accounts.OutOfReach: (SCOPE_MISSING, "The role of who made this key does not reach that far."),
        accounts.LinkUsed: (CONFLICT, "The invitation was accepted or withdrawn before, or has expired."),
        quarantine.NotAllowed: (
            CONFLICT,
            "The class of the message, or the client's rules, forbid it. Nothing was done.",
        ),
        answers.OtherRequest: (TOKEN_REUSED, ""),
        Unavailable: (AWAY, ""),
    }
)


class ErrorAt(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Place in the request: body.name, query.limit.")
    what: str


class ProblemDocument(BaseModel):
    """RFC 9457; `errors` only where the request was not as it should be."""

    type: str = Field(description="Names the kind of problem: a reference to `/api/v1/problems`.")
    title: str
    status: int
    detail: str = Field(description="What happened here, and what to do.")
    errors: list[ErrorAt] | None = None


class Problem(EcluseError):
    """Ends a request with a problem document."""

    def __init__(self, kind: Kind, detail: str = "", *, errors: tuple[ErrorAt, ...] = (), wait_s: int = 0) -> None:
        """`wait_s`: seconds until it is worth while to try again."""
        super().__init__(kind.name)
        self.kind, self.detail, self.errors, self.wait_s = kind, detail, errors, wait_s

    @property
    def body(self) -> bytes:
        """The document."""
        document = {
            "type": f"/api/v1/problems#{self.kind.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": f"{self.detail} {self.kind.advice}".strip(),
        }
        errors = [each.model_dump() for each in self.errors]
        return json.dumps(document | ({"errors": errors} if errors else {})).encode()

    def response(self) -> HttpResponse:
        """The whole answer."""
        response = HttpResponse(self.body, status=self.kind.status, content_type=MEDIA_TYPE)
        if self.wait_s:
            response["Retry-After"] = str(self.wait_s)
        if self.kind is NO_KEY:
            response["WWW-Authenticate"] = 'Bearer realm="ecluse"'
        return response


def invalid(where: str, what: str) -> Problem:
    """One thing that is wrong with a request, and its place there: body.name, query.limit."""
    return Problem(INVALID, errors=(ErrorAt(where=where, what=what),))


def problem_of(refusal: EcluseError) -> Problem:
    """Why a service did not do it."""
    if isinstance(refusal, Problem):
        return refusal
    for known, (kind, words) in REFUSALS.items():
        if isinstance(refusal, known):
            return Problem(kind, words)
    if isinstance(refusal, Impossible):
        return Problem(CONFLICT, f"{refusal}.")
    raise refusal
