"""`ecluse up`: everything on one machine. The mail node, and the console beside it."""

from __future__ import annotations

import signal

from ecluse.entrypoints.demo import play as demo


def run(*, port: int, once: bool, as_json: bool) -> int:
    """The demonstration; the exit status of the command. SIGTERM ends it as Ctrl-C does, and all that it has started."""
    signal.signal(signal.SIGTERM, _end)
    return demo.play(port=port, once=once, as_json=as_json)


def _end(*_: object) -> None:
    """A second one must not cut short what the first has begun: node and console would go on alone."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
