"""The program of a private room: `python -m ecluse.adapters.room.program DOOR RULES`; see `private.py`."""

from __future__ import annotations

import sys

from ecluse.adapters.room.zygote import main
from ecluse.opening.opening import open_file
from ecluse.opening.warming import warm_up

if __name__ == "__main__":
    warm_up()
    main(sys.argv[1], sys.argv[2], open_file)
