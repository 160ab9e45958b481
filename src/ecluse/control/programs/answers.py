"""Requests that are sent twice and happen once. Read `once`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_scopes import scopes_disabled

from ecluse.control.programs.models import ApiKey, KeptAnswer
from ecluse.control.tenants.owned import scope_of
from ecluse.domain.errors import Impossible

KEPT_FOR = timedelta(hours=24)
MAX_TOKEN = 255
_NONCE_OCTETS = 12


class OtherRequest(Impossible):
    """The token belongs to a request that said something else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the API: a status and JSON."""

    status: int
    body: bytes


def once(key: ApiKey, secret: str, token: str, request: bytes, work: Callable[[], Answer]) -> tuple[Answer, bool]:
    """The answer to the first request with this token, and whether it is an old one. Raises `OtherRequest`.

    What `work` changes and its answer are one transaction: both are there, or neither. Of two at the same instant one
    waits for the other. Answers are sealed with the key's own secret, which is not kept: links that are told once stay so.
    """
    try:
        with transaction.atomic():
            known = _find(key, token)
            if known is not None:
                return _opened(known, secret, request), True
            row = _begin(key, token, request)
            answer = work()
            row.status, row.body = answer.status, _sealed(answer.body, secret)
            with scope_of(key.client):
                row.save(update_fields=["status", "body"])
            return answer, False
    except IntegrityError:
        known = _find(key, token)
        if known is None:
            raise
        return _opened(known, secret, request), True


def forget_answers(now: datetime) -> int:
    """Delete those that are too old to be asked for; how many."""
    with scopes_disabled():  # Of all programs: a job of the provider's.
        return KeptAnswer.objects.filter(at__lt=now - KEPT_FOR).delete()[0]


# In the scope of the key, which need not be the one in which it works: the provider's keys work at every client.


def _find(key: ApiKey, token: str) -> KeptAnswer | None:
    with scope_of(key.client):
        kept = KeptAnswer.objects.filter(key=key, token=token)
        kept.filter(at__lt=timezone.now() - KEPT_FOR).delete()
        return kept.first()


def _begin(key: ApiKey, token: str, request: bytes) -> KeptAnswer:
    with scope_of(key.client):
        return KeptAnswer.objects.create(client=key.client, key=key, token=token, request=request, at=timezone.now())


def _opened(known: KeptAnswer, secret: str, request: bytes) -> Answer:
    if bytes(known.request) != request:
        raise OtherRequest("this token belongs to another request")
    body = bytes(known.body)
    return Answer(known.status, _cipher(secret).decrypt(body[:_NONCE_OCTETS], body[_NONCE_OCTETS:], None))


def _sealed(body: bytes, secret: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_OCTETS)
    return nonce + _cipher(secret).encrypt(nonce, body, None)


def _cipher(secret: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"kept answers of " + secret.encode()).digest())
