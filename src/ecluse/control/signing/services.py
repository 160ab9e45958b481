"""What may be done with a domain's signing keys; each function is one change. In the client's scope."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.keystore.services import unwrapped_secret, wrapped_secret
from ecluse.control.signing.life import LIVING, NEXT, WITH_PRIVATE_HALF, KeyState
from ecluse.control.signing.models import SigningKey
from ecluse.control.tenants.models import Domain
from ecluse.domain.errors import Impossible
from ecluse.domain.publication import Kind
from ecluse.wire.dkim.publishing import MAKERS, make_key, record_of
from ecluse.wire.dkim.sign import load_key

__all__ = ["SigningKey"]

# A client who delegates points all four names to us once, and never again: a new key takes the name that is free.
SLOTS = ("a", "b")
_PURPOSE = "signing key"


class BothTaken(Impossible):
    """A third pair has no name until the eldest has retired."""


def selector_for(algorithm: str, slot: str) -> str:
    """The name of a key, the same for every domain."""
    return f"ecluse-{algorithm}-{slot}"


def make_pair(domain: Domain, *, by: Actor) -> list[SigningKey]:
    """One key of each algorithm, under names that are free. Raises `BothTaken`, `Impossible` without a master key."""
    if domain.proven_at is None:
        raise Impossible("the domain is not proven")
    with change(by=by) as act:
        slot = _free_slot(domain)
        return [_make(domain, algorithm, selector_for(algorithm, slot), act) for algorithm in MAKERS]


def move(key: SigningKey, state: KeyState, *, by: Actor) -> bool:
    """Take a step of `NEXT`; False where somebody else was first. Raises `Impossible` for what is no step."""
    if state not in NEXT[KeyState(key.state)]:
        raise Impossible(f"a key that is {key.state} cannot become {state}")
    with change(by=by) as act:
        changed: dict[str, object] = {"state": state.value, "state_since": act.at, "missing_since": None}
        if state not in WITH_PRIVATE_HALF:
            changed["private_key"] = None
        if not SigningKey.objects.filter(pk=key.pk, state=key.state).update(**changed):
            return False
        _record(act, "signing-key.moved", key, state)
        act.touch(Kind.KEYS, key.domain.name)
        if state is KeyState.ACTIVE:
            _retire_elders(key, by=by)
        return True


def give_up(key: SigningKey, *, by: Actor) -> bool:
    """A key that nobody wants any more: one that signs retires first. Raises `Impossible` for one that is on its way out."""
    if key.state == KeyState.RETIRING:
        raise Impossible("mail on its way still needs the record of this key")
    state = KeyState.RETIRING if key.state == KeyState.ACTIVE else KeyState.GONE
    return move(key, state, by=by)


def private_half(key: SigningKey) -> bytes:
    """PEM. Raises `Impossible` where it was destroyed, or without the master key."""
    if key.private_key is None:
        raise Impossible("the private half was destroyed")
    return unwrapped_secret(key.client_id, bytes(key.private_key), _PURPOSE)


def living_keys(domain: Domain) -> list[SigningKey]:
    """Those whose records belong into the DNS, the newest first."""
    return list(SigningKey.objects.filter(domain=domain, state__in=LIVING).select_related("domain"))


def note_look(key: SigningKey, standing: str, missing_since: datetime | None) -> None:
    """What the DNS said now."""
    found = {"standing": standing, "looked_at": timezone.now(), "missing_since": missing_since}
    SigningKey.objects.filter(pk=key.pk).update(**found)


def _free_slot(domain: Domain) -> str:
    taken = {each.selector for each in living_keys(domain)}
    for slot in SLOTS:
        if not taken & {selector_for(algorithm, slot) for algorithm in MAKERS}:
            return slot
    raise BothTaken(domain.name)


def _make(domain: Domain, algorithm: str, selector: str, act: Change) -> SigningKey:
    pem = make_key(algorithm)
    key = SigningKey.objects.create(
        client_id=domain.client_id,
        domain=domain,
        selector=selector,
        algorithm=algorithm,
        state_since=act.at,
        made_at=act.at,
        private_key=wrapped_secret(domain.client_id, pem, _PURPOSE),
        record_text=record_of(load_key(domain.name, selector, pem)).text,
    )
    after = {"record": key.record.name, "algorithm": algorithm}
    act.record("signing-key.made", key, client_id=domain.client_id, after=after)
    return key


def _retire_elders(key: SigningKey, *, by: Actor) -> None:
    elders = SigningKey.objects.filter(domain=key.domain, algorithm=key.algorithm, state=KeyState.ACTIVE)
    for elder in elders.exclude(pk=key.pk):
        move(elder, KeyState.RETIRING, by=by)


def _record(act: Change, action: str, key: SigningKey, state: KeyState) -> None:
    before, after = ({"record": key.record.name, "state": each} for each in (str(key.state), state.value))
    act.record(action, key, client_id=key.client_id, before=before, after=after)
