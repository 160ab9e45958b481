"""The parent of a node's processes."""

from __future__ import annotations

import errno
import os

from ecluse.mta import supervisor
from ecluse.mta.supervisor import Job, Supervisor
from tests.unit.adapters.folder.failing_disk import fail


def test_a_process_that_cannot_be_started_is_tried_again_and_ends_nothing(monkeypatch):
    """The worker that dies for want of memory is replaced when there is least of it."""
    ours, theirs = os.pipe()
    job = Job("reception-0", 0, lambda: os.write(theirs, b"alive"))
    node = Supervisor([job], on_death=lambda *_: None, on_ready=lambda: None, on_ending=lambda: None)
    monkeypatch.setattr(supervisor, "RESTART_DELAYS_S", (60.0,))
    fail(monkeypatch, "fork", errno.EAGAIN).append(1)
    node._start_due()
    [life] = node._lives
    assert not life.pid
    node._start_due()
    assert not life.pid
    life.not_before -= 60.0
    node._start_due()
    assert os.read(ours, 5) == b"alive"
    assert os.waitpid(life.pid, 0) == (life.pid, 0)
    os.close(ours)
    os.close(theirs)
