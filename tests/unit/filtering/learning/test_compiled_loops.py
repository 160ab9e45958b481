"""The classifier's loops as machine code find what those over arrays find, octet by octet."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.adapters.models.layer_file import LayerHeader, read_layer, write_dense
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.classifier_loops import classifier_loops
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.letter import Letter
from ecluse.filtering.learning.prior import shipped
from ecluse.filtering.learning.tokens import ARRAYS, MAX_WORDS, tokens_of
from ecluse.filtering.learning.weights import DenseLayer
from tests.unit.filtering.learning.mail import letter, raw

COMPILED = classifier_loops(compiled=True)
WORDS = st.lists(st.sampled_from([b"casino", b"Buy", b"n\xc3\xb8w", b"$9", b"-", b"a", b"'", b""]), max_size=60)
TEXTS = st.one_of(st.binary(max_size=300), WORDS.map(b" ".join), WORDS.map(b"\x00\n".join))
LETTERS = st.builds(Letter, TEXTS, TEXTS, TEXTS, TEXTS, st.lists(st.binary(max_size=40), unique=True).map(tuple))


def is_same(one):
    by_arrays, compiled = tokens_of(one), tokens_of(one, COMPILED)
    assert compiled.indices.dtype == by_arrays.indices.dtype
    assert compiled.indices.tolist() == by_arrays.indices.tolist()
    assert compiled.edges.tolist() == by_arrays.edges.tolist()


@settings(deadline=None)
@given(LETTERS)
def test_tokens_are_the_same(one):
    is_same(one)


@pytest.mark.parametrize(
    "text",
    [b"x" * 9_000, b"a " * (MAX_WORDS - 1), b"a " * MAX_WORDS, b"a b " * MAX_WORDS, b"\xff" * 4_096, b"", b" ", b"abc"],
)
def test_tokens_are_the_same_at_the_borders(text):
    is_same(Letter(text, text, text, text, (text,)))


def test_nothing_of_one_message_is_left_for_the_next():
    loud, quiet = letter(raw("casino " * 300)), letter(raw("x"))
    tokens_of(loud, COMPILED)
    is_same(quiet)


def test_opinions_are_the_same():
    first, second = (Classifier((), DenseLayer(), shipped(), loops) for loops in (ARRAYS, COMPILED))
    for number, text in enumerate(("casino prize winner", "agenda of the meeting", "click to claim")):
        one = letter(raw(text))
        for classifier, loops in ((first, ARRAYS), (second, COMPILED)):
            classifier.learn(tokens_of(one, loops), is_spam=number != 1)
        assert first.weigh(tokens_of(one)) == second.weigh(tokens_of(one, COMPILED))


@settings(deadline=None)
@given(st.sets(st.integers(0, 50)), st.sets(st.integers(0, 50), min_size=1))
def test_what_is_among_others_is_the_same(places, indices):
    ordered = [np.array(sorted(each), np.uint32) for each in (places, indices)]
    assert (
        COMPILED.among(*ordered).tolist()
        == ARRAYS.among(*ordered).tolist()
        == [number for number, place in enumerate(sorted(places)) if place in indices]
    )


def test_a_layer_of_a_file_says_the_same(tmp_path):
    layer, one = DenseLayer(), letter(raw("casino prize winner"))
    Classifier((), layer).learn(tokens_of(one), is_spam=True)
    write_dense(tmp_path / "layer", LayerHeader(version="c", shape="dense", entries=len(layer.weights)), layer.weights)
    layers = (read_layer(tmp_path / "layer"), layer)
    opinions = [Classifier(layers, loops=loops).weigh(tokens_of(one, loops)) for loops in (ARRAYS, COMPILED)]
    assert opinions[0] == opinions[1]
    assert opinions[0].views[0] > 0


def test_without_numba_its_wish_is_refused_with_what_to_do(monkeypatch):
    classifier_loops.cache_clear()
    monkeypatch.delitem(sys.modules, "ecluse.filtering.learning.compiled_loops")
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(Impossible, match="pip install"):
        classifier_loops(compiled=True)
