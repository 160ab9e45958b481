"""Making, using and destroying keys. The caller has opened the client's scope, or closed scopes for a named reason."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.keystore import master
from ecluse.control.keystore.models import SealingKey
from ecluse.control.tenants.models import Client, Domain
from ecluse.domain.errors import Impossible
from ecluse.domain.publication import Kind
from ecluse.wire.dkim.sealed_key import node_key_from
from ecluse.wire.sealing.envelope import content_key_of, key_id, key_id_of


def public_key(client: Client) -> bytes:
    """What nodes seal to, made when first asked for; b"" where the installation has no master key. Within a change."""
    if not _master_key_file():
        return b""
    known = SealingKey.objects.filter(client=client, destroyed_at=None).last()
    return bytes((known or _make(client)).public_key)


def content_key(client: Client, seal: bytes, message_id: str) -> bytes:
    """Opens this one message. Raises `Impossible`: another client's, damaged, or its key was destroyed."""
    return Opener(client).content_key(seal, message_id)


class Opener:
    """A client's private keys, unwrapped once for many messages; to be dropped with the work it was made for."""

    def __init__(self, client: Client) -> None:
        """Raises `Impossible` without the master key."""
        rows = SealingKey.objects.filter(client=client, private_key__isnull=False)
        self._keys = {
            bytes(row.key_id): master.unwrap(_master_key(), bytes(row.private_key or b""), client.pk) for row in rows
        }

    def content_key(self, seal: bytes, message_id: str) -> bytes:
        """Opens this one message. Raises `Impossible`: another client's, damaged, or its key was destroyed."""
        private = self._keys.get(key_id_of(seal))
        if private is None:
            raise Impossible("the key of this message was destroyed")
        return content_key_of(seal, private, message_id)


def has_keys() -> bool:
    """Whether any client's keys lie under the master key. Over all clients."""
    with scopes_disabled():  # The master key is the installation's.
        return SealingKey.objects.filter(private_key__isnull=False).exists()


def publish_missing_keys(*, by: Actor) -> int:
    """Publish the domains anew whose clients had no key when they were published; how many. Over all clients."""
    with scopes_disabled(), change(by=by) as act:  # An upgrade concerns everybody.
        sealed_to = SealingKey.objects.filter(destroyed_at=None).values("client")
        domains = Domain.objects.filter(proven_at__isnull=False).exclude(client__in=sealed_to)
        names = list(domains.values_list("name", flat=True))
        for name in names:
            act.touch(Kind.DOMAIN, name)
        return len(names)


def destroy_keys(client: Client, *, by: Actor) -> int:
    """What was sealed to this client is lost for good, wherever copies lie (15-1); how many keys.

    If the client goes on, what is held from now on is sealed to a fresh key.
    """
    with change(by=by) as act:
        keys = list(SealingKey.objects.filter(client=client, destroyed_at=None))
        for key in keys:
            key.private_key, key.destroyed_at = None, timezone.now()
            key.save(update_fields=["private_key", "destroyed_at"])
            act.record("key.destroyed", key, client_id=client.pk, before={"key": bytes(key.key_id).hex()})
        for domain in Domain.objects.filter(client=client):
            act.touch(Kind.DOMAIN, domain.name)
        return len(keys)


def wrapped_secret(client_id: int, secret: bytes, purpose: str) -> bytes:
    """A secret of a client's, for the database. Raises `Impossible` without the master key."""
    return master.wrap(_master_key(), secret, client_id, purpose)


def unwrapped_secret(client_id: int, wrapped: bytes, purpose: str) -> bytes:
    """The same again. Raises `Impossible` for another client's, another purpose's, or without the master key."""
    return master.unwrap(_master_key(), wrapped, client_id, purpose)


def node_key() -> bytes:
    """What nodes' signing keys are sealed under. Raises `Impossible` without the master key."""
    return node_key_from(_master_key())


def _make(client: Client) -> SealingKey:
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    return SealingKey.objects.create(
        client=client,
        key_id=key_id(public),
        public_key=public,
        private_key=master.wrap(_master_key(), private.private_bytes_raw(), client.pk),
    )


def _master_key() -> bytes:
    path = _master_key_file()
    if not path:
        raise Impossible("this installation has no master key")
    return master.read_master_key(Path(path))


def _master_key_file() -> str | None:
    return getattr(settings, "ECLUSE_MASTER_KEY", None)
