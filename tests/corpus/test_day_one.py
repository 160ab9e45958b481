"""Day one: a model of other mail, no lesson of the client, honest mail of a stream that nobody here has seen.

The whole corpora take an hour: `bench/fusion.py` looks at them and writes bench/accuracy-day-one.md.
"""

from __future__ import annotations

import pytest

from ecluse.domain.verdict import Category, Disposition
from ecluse.entrypoints.evaluation.index import Entry
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.evaluation.whole_filter import WholeFilter
from ecluse.filtering.learning.mailbox import letter_on_arrival
from tests.corpus.mail import messages

LESSONS = 250  # Of each class.
JUDGED = 200


def entries(folder, corpus, kind, count):
    for number, message in enumerate(messages(corpus, kind, count)):
        path = folder / f"{corpus}-{kind}-{number}"
        path.write_bytes(message)
        yield Entry(path, kind == "spam", path.name)


@pytest.mark.shared
@pytest.mark.timeout(600)
def test_no_honest_message_of_an_unknown_stream_is_refused(tmp_path):
    teacher = OwnFilter(reader=letter_on_arrival)
    lessons = [entries(tmp_path, "spamassassin", kind, LESSONS) for kind in ("ham", "spam")]
    for pair in zip(*lessons, strict=True):
        for entry in pair:
            teacher.learn(entry, is_spam=entry.is_spam)
    with WholeFilter(OwnFilter((teacher.taught,), letter_on_arrival)) as judged_by:
        ham = [judged_by.verdict(entry)[0] for entry in entries(tmp_path, "list_linux_raid", "ham", JUDGED)]
        spam = [judged_by.verdict(entry)[0] for entry in entries(tmp_path, "list_linux_raid", "spam", JUDGED)]
    assert {verdict.disposition for verdict in ham} == {Disposition.DELIVER}
    assert Category.PERMANENT not in {verdict.category for verdict in spam}
    # It must say something, or the test could not fail.
    assert sum(verdict.score for verdict in spam) / len(spam) > 1 + sum(verdict.score for verdict in ham) / len(ham)
