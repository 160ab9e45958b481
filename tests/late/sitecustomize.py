"""Every write to the disk that another thread waits for is late: a test that looks too early is found (`make late`).

Python imports this at its start, in the nodes that tests start, too, where its folder is on PYTHONPATH.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

LATE_S = 0.06
_CALLS = ("fsync", "fdatasync", "rename", "replace", "unlink", "link")


def _late(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def called(*args: Any, **options: Any) -> Any:
        answer = call(*args, **options)
        # In the main thread an event loop would stand still, and nobody could look too early.
        if threading.current_thread() is not threading.main_thread():
            time.sleep(LATE_S)
        return answer

    return called


for _name in _CALLS:
    setattr(os, _name, _late(getattr(os, _name)))
