"""With the last contract of a client what its programs and servers come in by is worth nothing any more (16-3).

Its people's access shrinks by itself (`accounts/after_end.py`), its sessions are ended by the web's job, its webhooks are
switched off by theirs. A new contract gives nothing back: keys are made, and secrets renewed, by whoever runs the client.
"""

from __future__ import annotations

from ecluse.control.accounts.services import withdraw_all
from ecluse.control.audit.change import Change
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import IN_FORCE
from ecluse.control.programs.queries import keys_of
from ecluse.control.programs.services import revoke_key
from ecluse.control.sending.queries import connectors
from ecluse.control.sending.services import revoke_secret


def revoke_access(act: Change, contract: Contract) -> None:
    """Within the change that ends it, in the client's scope; nothing where another contract serves it."""
    client = contract.client
    if Contract.objects.filter(client_id=client.pk, state__in=IN_FORCE).exists():
        return
    for key in keys_of(client):
        revoke_key(key, by=act.by)
    for each in connectors():
        revoke_secret(each.row, by=act.by)
    withdraw_all(client, by=act.by)
