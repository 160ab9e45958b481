"""Pages that build a file in the reader's browser, so that no gateway sees it on its way."""

from __future__ import annotations

import re

# What makes a file of octets, what makes octets of text, and what hands the file over: all three are needed.
_FILE = re.compile(
    r"\bnew\s+(?:Blob|File)\b|createObjectURL|msSave(?:OrOpen)?Blob|data:[\w.+/-]*;base64|\.blob\s*\(", re.IGNORECASE
)
_OCTETS = re.compile(
    r"\batob\s*\(|Uint8Array|fromCharCode|charCodeAt|base64,|b64toBlob|\.split\([^)]{0,20}\)\.(?:map|reverse)|\.join\(",
    re.IGNORECASE,
)
_HANDS_OVER = re.compile(
    r"\.download\s*=|setAttribute\(\s*[\"']download|msSave(?:OrOpen)?Blob|location(?:\.href)?\s*=|window\.open|\.click\s*\(",
    re.IGNORECASE,
)
_LONG_LITERAL = re.compile(
    r"[\"'`][A-Za-z0-9+/=\r\n\\]{80,}[\"'`]|[\"'][A-Za-z0-9+/=]{4,}[\"']\s*,\s*[\"'][A-Za-z0-9+/=]{4,}[\"']\s*,|base64,[A-Za-z0-9+/]{40}"
)


def is_smuggling(script: str) -> bool:
    """Whether a script carries octets, makes a file of them and hands it to the reader unasked."""
    return all(pattern.search(script) for pattern in (_FILE, _OCTETS, _HANDS_OVER, _LONG_LITERAL))
