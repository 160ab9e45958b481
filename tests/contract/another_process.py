"""Runs part of a test in a forked process, as our own workers are."""

import os
import traceback
from collections.abc import Callable


def in_another_process(work: Callable[[], object]) -> None:
    """Return when the child has done its work; fail when it failed."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - a forked child must end here.
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
