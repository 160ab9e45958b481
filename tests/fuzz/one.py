"""Fuzzes one target in this process with atheris, or examines one input: python -m tests.fuzz.one NAME [INPUT | -flags].

Memory is bounded twice: libFuzzer watches what is used, a limit on the address space turns a wild allocation into an
exception.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import atheris

MOST_ADDRESS_SPACE = 1 << 30

with atheris.instrument_imports(include=["ecluse"]):
    from tests.fuzz.catalogue import TARGETS


def main() -> None:
    target = TARGETS[sys.argv[1]]
    arguments = sys.argv[2:]
    if arguments and not arguments[0].startswith("-"):
        target.examine(Path(arguments[0]).read_bytes())
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, MOST_ADDRESS_SPACE))
    atheris.Setup([sys.argv[0], *arguments], target.examine)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
