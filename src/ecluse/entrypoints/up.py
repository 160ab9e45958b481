"""`ecluse up`: everything on one machine. The mail node, and the console beside it."""

from __future__ import annotations

from ecluse.entrypoints.demo import play as demo


def run(*, port: int, once: bool, as_json: bool) -> int:
    """The demonstration; the exit status of the command."""
    return demo.play(port=port, once=once, as_json=as_json)
