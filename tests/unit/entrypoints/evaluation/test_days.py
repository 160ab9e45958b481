"""Days of a stream."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.entrypoints.evaluation.days import Day, day_of, days_of
from ecluse.entrypoints.evaluation.index import Entry

LATE = b"Thu, 23 May 2024 23:30:00 -0200"


@pytest.mark.parametrize(
    ("octets", "day"),
    [
        (b"Received: from a by b; " + LATE + b"\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\n", "2024-05-24"),
        (b"Date: Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\n", "2001-01-01"),
        (b"Received: from a by b; when I like\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\n", "2001-01-01"),
        (b"Date: Mon, 1 Jan 99999999999 00:00:00 +0000\r\n\r\n", ""),
        (b"Subject: x\r\n\r\n", ""),
        (b"", ""),
    ],
)
def test_the_receivers_clock_counts_before_the_senders(octets, day):
    assert day_of(octets) == day


def test_each_day_has_its_mistakes(tmp_path):
    entries = []
    for number, (is_spam, day) in enumerate([(True, 1), (False, 1), (False, 2), (True, 2)]):
        path = tmp_path / str(number)
        path.write_bytes(b"Date: %d Jan 2024 12:00:00 +0000\r\n\r\n" % day)
        entries.append(Entry(path, is_spam, path.name))
    days = days_of(entries, np.array([1.0, 1.0, -1.0, 0.0]))
    assert days == [Day("2024-01-01", 1, 1, 1, 0), Day("2024-01-02", 1, 0, 1, 1)]
