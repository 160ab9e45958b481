"""Layers as mapped files."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.adapters.models import layer_file
from ecluse.adapters.models.layer_file import ARRAYS, PLACES, LayerHeader, read_layer, write_dense, write_sparse
from ecluse.domain.act import TOKENS_VERSION
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.filtering.learning.tokens import INDEX_BITS

SPARSE = LayerHeader(version="client-3", shape="sparse", entries=0, learned=3)
DENSE = LayerHeader(version="common", shape="dense", entries=PLACES)


def test_files_and_tokens_agree_about_the_number_of_places():
    assert PLACES == 1 << INDEX_BITS


def test_a_sparse_layer_gives_its_weights_and_zero_elsewhere(tmp_path):
    places = np.array([3, 70, PLACES - 1], np.uint32)
    write_sparse(tmp_path / "a.layer", SPARSE, places, np.array([0.5, -2, 8], np.float32))
    layer = read_layer(tmp_path / "a.layer")
    asked = np.array([0, 3, 69, 70, 71, PLACES - 1], np.uint32)
    assert layer.weights_of(asked).tolist() == [0, 0.5, 0, -2, 0, 8]
    assert (layer.header.version, layer.header.entries, layer.header.learned) == ("client-3", 3, 3)


def test_an_empty_layer_says_nothing(tmp_path):
    write_sparse(tmp_path / "a.layer", SPARSE, np.empty(0, np.uint32), np.empty(0, np.float32))
    assert read_layer(tmp_path / "a.layer").weights_of(np.array([5], np.uint32)).tolist() == [0]


def test_a_dense_layer_is_small_enough_to_be_shipped(tmp_path):
    weights = np.zeros(PLACES, np.float32)
    weights[7] = 1.5
    write_dense(tmp_path / "c.layer", DENSE, weights)
    assert (tmp_path / "c.layer").stat().st_size <= 16 << 20
    assert read_layer(tmp_path / "c.layer").weights_of(np.array([6, 7], np.uint32)).tolist() == [0, 1.5]


def test_a_client_that_teaches_without_end_stays_within_its_share_and_keeps_what_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(layer_file, "MAX_SPARSE_ENTRIES", 100)
    places = np.arange(1_000, dtype=np.uint32)
    write_sparse(tmp_path / "a.layer", SPARSE, places, np.linspace(-1, 1, 1_000, dtype=np.float32))
    layer = read_layer(tmp_path / "a.layer")
    assert layer.header.entries == 100
    kept = layer.weights_of(places)
    assert np.count_nonzero(kept[:50]) == np.count_nonzero(kept[-50:]) == 50


def test_a_thousand_full_clients_fit_into_a_gigabyte(tmp_path):
    places = np.arange(layer_file.MAX_SPARSE_ENTRIES + 1, dtype=np.uint32)
    write_sparse(tmp_path / "a.layer", SPARSE, places, np.ones(len(places), np.float32))
    assert 1_000 * (tmp_path / "a.layer").stat().st_size <= 930_000_000


def test_every_place_of_a_sparse_layer_keeps_its_own_weight(tmp_path):
    chosen = np.random.default_rng(1)
    places = np.unique(chosen.integers(0, PLACES, 50_000)).astype(np.uint32)
    places = np.union1d(places, np.arange(1 << 16, (1 << 16) + 2_000, dtype=np.uint32))  # A block without a gap.
    weights = chosen.normal(size=len(places)).astype(np.float16).astype(np.float32)
    write_sparse(tmp_path / "a.layer", SPARSE, places, weights)
    expected = np.zeros(PLACES, np.float32)
    expected[places] = weights
    assert (read_layer(tmp_path / "a.layer").weights_of(np.arange(PLACES, dtype=np.uint32)) == expected).all()


def test_a_weight_too_large_for_the_file_is_cut_and_never_infinite(tmp_path):
    write_sparse(tmp_path / "a.layer", SPARSE, np.array([1], np.uint32), np.array([1e9], np.float32))
    assert np.isfinite(read_layer(tmp_path / "a.layer").weights_of(np.array([1], np.uint32))).all()


@pytest.mark.parametrize("place", [0, 9, 20, ARRAYS, -1])
def test_a_damaged_file_is_refused(tmp_path, place):
    path = tmp_path / "a.layer"
    write_sparse(path, SPARSE, np.array([1, 2], np.uint32), np.ones(2, np.float32))
    octets = bytearray(path.read_bytes())
    octets[place] ^= 0xFF
    path.write_bytes(octets)
    with pytest.raises(Impossible):
        read_layer(path)


@pytest.mark.parametrize("octets", [b"", b"ECLAYER\x01", b"\0" * 5_000, b"ECLAYER\x02" + b"\0" * 5_000])
def test_what_is_no_layer_is_refused(tmp_path, octets):
    (tmp_path / "a.layer").write_bytes(octets)
    with pytest.raises(Impossible):
        read_layer(tmp_path / "a.layer")


def test_a_file_that_is_not_there_is_trouble_with_the_disk(tmp_path):
    with pytest.raises(Unavailable):
        read_layer(tmp_path / "a.layer")


def test_a_layer_of_other_tokens_is_void(tmp_path):
    header = LayerHeader(version="old", shape="sparse", entries=0, tokens=TOKENS_VERSION + 1)
    write_sparse(tmp_path / "a.layer", header, np.array([1], np.uint32), np.ones(1, np.float32))
    with pytest.raises(Impossible, match="another version"):
        read_layer(tmp_path / "a.layer")
