"""Programs that use the API in tests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from ecluse.control.accounts.roles import PERMISSIONS, PROVIDER_ROLES, Permission
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.programs.queries import SCOPES
from ecluse.control.programs.services import make_key

ROOT = "/api/v1/"


@dataclass
class Program:
    """One key, and requests with it."""

    secret: str

    def call(self, method, path, body=None, **headers):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = headers.pop("content_type", "application/json")
        headers = {"Authorization": f"Bearer {self.secret}", **headers} if self.secret else headers
        return Browser().generic(method, ROOT + path, data, content_type=kind, headers=headers)

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body=None, **headers):
        return self.call("POST", path, body, **headers)


def program_of(user, client, *scopes, days=None) -> Program:
    """With these scopes; with all that a key can have where none is named."""
    return Program(
        make_key(
            client,
            "sync",
            scopes or SCOPES,
            may_lend=frozenset(Permission),
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
            by=Actor(ActorKind.PERSON, user.email, id=user.pk),
        )
    )


def program_in_role(cast, role) -> Program:
    """With all that the role has to lend."""
    client = None if role in PROVIDER_ROLES else cast.one
    return program_of(cast.people[role], client, *(PERMISSIONS[role] & set(SCOPES)))
