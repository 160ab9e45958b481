"""The models that the classifier weighs messages with: what all clients share, and what one client has taught."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Indices: TypeAlias = NDArray[np.uint32]  # Places of tokens; distinct, ascending.
Weights: TypeAlias = NDArray[np.float32]
Take: TypeAlias = Callable[[NDArray[Any], Indices], NDArray[Any]]  # What stands at these places of a table.


class Layer(Protocol):
    """Weights of tokens, for spam where positive."""

    @property
    def lessons(self) -> int:
        """Messages that made them what they are."""
        ...

    @property
    def spam_lessons(self) -> int:
        """How many of them were spam."""
        ...

    def weights_of(self, indices: Indices, take: Take = ...) -> Weights:
        """The weight of each of these places, looked up by `take`."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """Layers that are added up."""

    version: str  # Names every layer, for the evidence.
    layers: tuple[Layer, ...]
    taught: int = 0  # Messages that the client itself has taught.


class Models(Protocol):
    """Read by whoever judges, microseconds a call; a newer version is picked up by itself."""

    def find(self, client: str) -> Model | None:
        """What a client's mail is weighed with; None where there is no model at all."""
        ...
