"""Ready-made wishes: three answers to how much a client would rather let in, or keep out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

from ecluse.domain.policy import Unscannable
from ecluse.wire.wishes import Wishes


class Preset(StrEnum):
    """From the mildest to the strictest."""

    CAREFUL = "careful"
    USUAL = "usual"
    STRICT = "strict"


# What a preset decides; all else stays as the client has it.
_DECIDED = ("filtered", "refuse_at", "greylist", "greylist_at", "unscannable", "encrypted")
_WISHES: Mapping[Preset, Wishes] = MappingProxyType(
    {
        Preset.CAREFUL: Wishes(refuse_at=20.0, unscannable=Unscannable.HOLD),
        Preset.USUAL: Wishes(),
        # Low enough that a forgery which its domain disowns is refused for that alone (DMARC_REJECT).
        Preset.STRICT: Wishes(refuse_at=11.0, greylist=True, greylist_at=5.0, encrypted=Unscannable.REFUSE),
    }
)


def under(preset: Preset, wishes: Wishes) -> Wishes:
    """The same with what the preset decides."""
    return msgspec.structs.replace(wishes, **_decided(_WISHES[preset]))


def preset_of(wishes: Wishes) -> Preset | None:
    """Which of them decided as these wishes do; None where the client has decided itself."""
    return next((each for each in Preset if _decided(_WISHES[each]) == _decided(wishes)), None)


def _decided(wishes: Wishes) -> dict[str, object]:
    return {name: getattr(wishes, name) for name in _DECIDED}
