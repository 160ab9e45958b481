"""Our rules fit nothing in honest mail."""

from __future__ import annotations

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.filtering.body import read_body
from ecluse.opening.rules.rulebook import Rulebook
from ecluse.wire.mime.fields import split_head
from ecluse.wire.mime.structure import decoded
from tests.corpus.mail import messages


@pytest.mark.shared
@pytest.mark.parametrize("corpus", ["spamassassin", "csdmc2010", "list_linux_raid"])
def test_no_rule_fits_honest_mail(corpus):
    rulebook = Rulebook()
    rulebook.refresh()
    count = 0
    for raw in messages(corpus, "ham", 1_500):
        content = MemoryContent(raw)
        leaves = read_body(content, split_head(content)).leaves
        found = [match.name for leaf in leaves for match in rulebook.match(decoded(content, leaf, 10_000_000))]
        assert found == []
        count += 1
    assert count == 1_500
