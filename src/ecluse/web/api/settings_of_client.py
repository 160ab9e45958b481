"""What a client wishes: of its filter, its quarantine, its digests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import digest_settings, held, quarantine
from ecluse.control.policies import queries, services
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid
from ecluse.wire.wishes import Wishes as ClientWishes
from ecluse.wire.wishes import plain_wishes, read_wishes

router = Router(tags=["Settings"])

_RULES = "outbound_rules"

UsersMay = Annotated[str, Field(pattern="^(release|ask|look)$", description="ask: an administrator decides.")]


class Wishes(BaseModel):
    """What differs from the defaults, in the words of policy.toml (docs/reference/policy.md); rules for outbound mail apart."""

    model_config = ConfigDict(extra="forbid")
    wishes: dict[str, Any] = Field(examples=[{"refuse_at": 12.0, "mass_mail": "tag"}])


class QuarantineSettings(BaseModel):
    """What users and senders may do with held mail, and how long it is kept."""

    model_config = ConfigDict(extra="forbid")
    spam_users_may: UsersMay
    mass_users_may: UsersMay
    senders_may_release: bool
    challenges_senders: Annotated[
        bool, Field(description="Proven senders of held mail are told by mail, once a day at most.")
    ] = True
    keep_days: Annotated[int, Field(ge=1, le=30)]


class DigestSettings(BaseModel):
    """Whether, when and about which classes users are told what is held for them."""

    model_config = ConfigDict(extra="forbid")
    is_on: bool
    hours: Annotated[list[Annotated[int, Field(ge=0, le=23)]], Field(max_length=24, description="Of local time.")]
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7, description="0 is Monday.")]
    classes: Annotated[str, Field(pattern="^[QM]{0,2}$", description="At least one where is_on.")]
    within_minutes: Annotated[
        Literal[0, 10, 15, 30, 60, 120], Field(description="In near real time; 0: at these hours alone.")
    ] = 0
    asks_for_login: Annotated[
        bool, Field(description="true: links lead to the sign-in, but for the one that ends digests.")
    ]


@operation(router, "GET", "/settings/filter", Permission.SEE_CLIENT)
def show_filter_settings(call: Call) -> Wishes:  # noqa: ARG001 - as all views
    """What the client wishes of its filter, where that is not the default."""
    return _filter(queries.wishes())


@operation(router, "PUT", "/settings/filter", Permission.CHANGE_SETTINGS)
def set_filter_settings(call: Call, body: Wishes) -> Wishes:
    """What it wishes from now on, at all its domains; what is not named is the default.

    With fewer `log_days`, what is older is deleted from the message log, within the hour and for ever.
    """
    services.change_wishes(call.client, wishes_in(body), by=call.by)
    return _filter(queries.wishes())


@operation(router, "GET", "/settings/quarantine", Permission.SEE_CLIENT)
def show_quarantine_settings(call: Call) -> QuarantineSettings:
    """What users and senders may do with held mail."""
    return _quarantine(held.rules_of(call.client))


@operation(router, "PUT", "/settings/quarantine", Permission.CHANGE_SETTINGS)
def set_quarantine_settings(call: Call, body: QuarantineSettings) -> QuarantineSettings:
    """What they may do from now on."""
    return _quarantine(quarantine.set_rules(call.client, by=call.by, **body.model_dump()))


@operation(router, "GET", "/settings/digests", Permission.SEE_CLIENT)
def show_digest_settings(call: Call) -> DigestSettings:
    """When users are told what is held for them."""
    return _digests(digest_settings.digest_rules_of(call.client))


@operation(router, "PUT", "/settings/digests", Permission.CHANGE_SETTINGS)
def set_digest_settings(call: Call, body: DigestSettings) -> DigestSettings:
    """When they are told from now on."""
    if body.is_on and not body.classes:
        raise invalid("body.classes", "whoever is told is told of a class: Q, M or both")
    return _digests(digest_settings.set_digest_rules(call.client, by=call.by, **body.model_dump()))


def wishes_in(body: Wishes) -> Callable[[ClientWishes], ClientWishes]:
    """In place of what was wished before, but for its rules for outbound mail: they have an address of their own.

    Raises `Problem` for what is no wish.
    """
    if _RULES in body.wishes:
        raise invalid("body.wishes", "rules for outbound mail are set at /settings/outbound-rules")
    try:
        wishes = read_wishes(body.wishes)
    except msgspec.ValidationError as problem:
        raise invalid("body.wishes", str(problem)[:300]) from None
    return lambda before: msgspec.structs.replace(wishes, outbound_rules=before.outbound_rules)


def _filter(wishes: ClientWishes) -> Wishes:
    return Wishes(wishes={name: value for name, value in plain_wishes(wishes).items() if name != _RULES})


def _quarantine(rules: held.QuarantineRules) -> QuarantineSettings:
    return QuarantineSettings(**{name: getattr(rules, name) for name in QuarantineSettings.model_fields})


def _digests(rules: digest_settings.DigestRules) -> DigestSettings:
    return DigestSettings(**{name: getattr(rules, name) for name in DigestSettings.model_fields})
