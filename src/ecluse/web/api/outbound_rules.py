"""A client's rules for its outbound mail, in their order, and what a message would meet."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.policies import outbound_rules
from ecluse.domain.sending_rule import RuleAction
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import invalid
from ecluse.wire.notations import MailAddress
from ecluse.wire.sending_rules import MOST_RULES, RuleTerms
from ecluse.wire.wishes import read_text

router = Router(tags=["Settings"])

_RULES = tuple[RuleTerms, ...]


class OutboundRules(BaseModel):
    """All rules in their order, in the words of policy.toml (docs/reference/policy.md)."""

    model_config = ConfigDict(extra="forbid")
    rules: Annotated[list[dict[str, Any]], Field(max_length=MOST_RULES)] = Field(
        examples=[[{"name": "Lists", "action": "hold", "external": True, "suffixes": ["xlsx"]}]]
    )


class Trial(BaseModel):
    """A message to be tried; it is kept nowhere."""

    model_config = ConfigDict(extra="forbid")
    sender: str
    recipients: Annotated[list[str], Field(min_length=1, max_length=outbound_rules.MOST_TRIED)]
    message: Annotated[str, Field(max_length=outbound_rules.MAX_TRIAL_OCTETS, description="With its header.")]


class RuleTrialOut(BaseModel):
    """The rule that it would obey."""

    rule: str = Field(description="Its name; empty: none fits.")
    action: RuleAction | None


@operation(router, "GET", "/settings/outbound-rules", Permission.CHANGE_SENDING)
def list_outbound_rules(call: Call) -> OutboundRules:  # noqa: ARG001 - every view is called alike
    """The rules that outbound mail is held against; the first that fits is obeyed."""
    return _shown()


@operation(router, "PUT", "/settings/outbound-rules", Permission.CHANGE_SENDING)
def set_outbound_rules(call: Call, body: OutboundRules) -> OutboundRules:
    """These and no others from now on."""
    try:
        wanted = msgspec.convert(body.rules, _RULES, dec_hook=read_text)
        outbound_rules.set_rules(call.client, wanted, by=call.by)
    except ValueError as problem:
        raise invalid("body.rules", str(problem)[:300]) from None
    return _shown()


@operation(router, "POST", "/settings/outbound-rules/trial", Permission.CHANGE_SENDING, keeps_answers=False)
def try_outbound_rules(call: Call, body: Trial) -> RuleTrialOut:
    """What a message would meet; nothing is sent. Its files are known by their names alone here."""
    met = outbound_rules.rule_for(
        call.client, _address(body.sender), tuple(map(_address, body.recipients)), body.message
    )
    return RuleTrialOut(rule=met.name if met else "", action=met.action if met else None)


def _shown() -> OutboundRules:
    return OutboundRules(rules=[_plain(one) for one in outbound_rules.rules()])


def _plain(rule: RuleTerms) -> dict[str, Any]:
    """Without the conditions that it does not have."""
    whole: dict[str, Any] = msgspec.to_builtins(rule, enc_hook=str)
    return {name: value for name, value in whole.items() if value}


def _address(text: str) -> str:
    try:
        return MailAddress(text)
    except ValueError as problem:
        raise invalid("body", str(problem)) from None
