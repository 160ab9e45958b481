"""The fuzz targets with their code instrumented, and one of them in this process: python -m tests.fuzz.one NAME INPUT.

Memory is bounded twice: libFuzzer watches what is used, a limit on the address space turns a wild allocation into an
exception.
"""

from __future__ import annotations

import contextlib
import io
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import atheris

from tests.fuzz.target import Target

MOST_ADDRESS_SPACE = 1 << 30

# It names each module on standard error.
with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["ecluse"]):
    from tests.fuzz.catalogue import TARGETS


def become_fuzzer(target: Target, arguments: Sequence[str]) -> NoReturn:
    """Feed mutations to the target until libFuzzer, told by `arguments`, ends this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    atheris.Setup([target.name, *arguments], target.examine)
    atheris.Fuzz()
    raise AssertionError("libFuzzer has come back")


if __name__ == "__main__":
    TARGETS[sys.argv[1]].examine(Path(sys.argv[2]).read_bytes())
