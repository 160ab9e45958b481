"""A domain that sends through us: its signing keys, and the records that the DNS needs."""

from __future__ import annotations

from datetime import UTC, datetime

from ninja import Router
from pydantic import BaseModel, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.signing import services
from ecluse.control.signing.jobs import look_at_domain
from ecluse.control.signing.life import KeyState
from ecluse.control.signing.queries import SigningKey, find_key
from ecluse.control.signing.records import Purpose
from ecluse.control.signing.watch import Watched, look_now, watched
from ecluse.control.tenants import queries
from ecluse.control.tenants.queries import Domain
from ecluse.domain.errors import Impossible
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, TOO_OFTEN, Problem
from ecluse.web.backends import backends
from ecluse.web.console.sending import LOOKS
from ecluse.web.pages import or_404

router = Router(tags=["Domains"])


class SigningKeyOut(BaseModel):
    """A key, and its TXT record; never its private half."""

    id: int
    name: str = Field(description="Of its record.")
    text: str
    algorithm: str
    state: KeyState = Field(
        description="created: not in the DNS. published: takes over. active: signs. retiring, gone."
    )
    dns: str = Field(description="published, missing, other, unknown; empty: not looked at yet.")


class RecordOut(BaseModel):
    """A TXT record that should be there, and what was found last."""

    purpose: Purpose
    name: str
    wanted: str
    dns: str = Field(description="As of a key.")
    found: list[str]
    looked_at: datetime | None


class SendingOut(BaseModel):
    """All that the DNS needs of a domain that sends."""

    keys: list[SigningKeyOut]
    records: list[RecordOut]


@operation(router, "GET", "/domains/{int:domain_id}/sending", Permission.SEE_CLIENT)
def show_sending(call: Call, domain_id: int) -> SendingOut:  # noqa: ARG001 - every view is called alike
    """Keys and records, as they were found last."""
    return _sending(_proven(domain_id))


@operation(router, "POST", "/domains/{int:domain_id}/sending/look", Permission.CHANGE_DOMAINS, keeps_answers=False)
def look_at_sending(call: Call, domain_id: int) -> SendingOut:
    """Ask the DNS now; keys that are found there begin to sign."""
    domain = _proven(domain_id)
    if LOOKS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=LOOKS.within_s)
    now, look_up = datetime.now(UTC), backends().look_up
    look_at_domain(domain, now, look_up)
    look_now(domain, look_up, now)
    return _sending(domain)


@operation(router, "POST", "/domains/{int:domain_id}/signing-keys", Permission.CHANGE_DOMAINS, status=201)
def make_signing_keys(call: Call, domain_id: int) -> SendingOut:
    """One more pair; it signs once its records are in the DNS."""
    domain = _proven(domain_id)
    try:
        services.make_pair(domain, by=call.by)
    except services.BothTaken:
        raise Problem(CONFLICT, "There are two pairs already: the older one must have retired first.") from None
    return _sending(domain)


@operation(
    router,
    "DELETE",
    "/domains/{int:domain_id}/signing-keys/{int:signing_key_id}",
    Permission.CHANGE_DOMAINS,
    status=204,
)
def give_up_signing_key(call: Call, domain_id: int, signing_key_id: int) -> None:
    """One that signs retires for a week; one that does not is gone."""
    key = or_404(find_key(_proven(domain_id), signing_key_id))
    try:
        services.give_up(key, by=call.by)
    except Impossible:
        raise Problem(CONFLICT, "This key is on its way out already.") from None


def _sending(domain: Domain) -> SendingOut:
    return SendingOut(
        keys=[_key(each) for each in services.living_keys(domain)], records=[_record(each) for each in watched(domain)]
    )


def _key(key: SigningKey) -> SigningKeyOut:
    record = key.record
    return SigningKeyOut(
        id=key.pk,
        name=record.name,
        text=record.text,
        algorithm=key.algorithm,
        state=KeyState(key.state),
        dns=key.standing,
    )


def _record(each: Watched) -> RecordOut:
    found, record = each.found, each.proposal.record
    return RecordOut(
        purpose=each.proposal.purpose,
        name=record.name,
        wanted=found.wanted if found else record.text,
        dns=found.standing if found else "",
        found=list(found.texts) if found else [],
        looked_at=each.looked_at,
    )


def _proven(domain_id: int) -> Domain:
    return or_404(queries.find_proven_domain(domain_id))
