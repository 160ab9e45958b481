"""What every question of the outside judge is made of: its fields, and the refusal that answers a bad one."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, TypeAlias

from ecluse.domain.errors import EcluseError

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Refused(EcluseError):
    """A question that has an error for an answer."""

    code: str  # "bad-request", "syntax" or "limit"
    text: str

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def text_in(question: Json, name: str) -> str:
    """A field that is text. Raises `Refused`."""
    text = question.get(name)
    if not isinstance(text, str):
        raise Refused("bad-request", f"{name} is no text")
    return text


def octets_in(question: Json, name: str) -> bytes:
    """A field of base64. Raises `Refused`."""
    try:
        return base64.b64decode(text_in(question, name), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("bad-request", f"{name} is no base64") from None


def flag_in(question: Json, name: str) -> bool:
    """A field that is a boolean. Raises `Refused`."""
    flag = question.get(name)
    if not isinstance(flag, bool):
        raise Refused("bad-request", f"{name} is no boolean")
    return flag


def object_in(question: Json, name: str) -> Json:
    """A field that is an object. Raises `Refused`."""
    value = question.get(name)
    if not isinstance(value, dict):
        raise Refused("bad-request", f"{name} is no object")
    return value


def list_in(question: Json, name: str) -> list[Any]:
    """A field that is a list. Raises `Refused`."""
    value = question.get(name)
    if not isinstance(value, list):
        raise Refused("bad-request", f"{name} is no list")
    return value
