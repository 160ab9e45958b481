"""How closed months are sealed, each with the one before it, so that none can be changed or left out unseen; pure."""

from __future__ import annotations

import hashlib
import json


def seal_of(previous: str, client: int, month: str, inputs: object, figures: object) -> str:
    """SHA-256, hexadecimal, over the canonical JSON of all that a closing keeps."""
    kept = {"previous": previous, "client": client, "month": month, "inputs": inputs, "figures": figures}
    canonical = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
