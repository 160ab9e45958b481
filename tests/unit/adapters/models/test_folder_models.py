"""Which layers a client's mail is weighed with, and when another file counts."""

from __future__ import annotations

import numpy as np
import pytest

from ecluse.adapters.models import folder
from ecluse.adapters.models.folder import FolderModels, client_layer
from ecluse.adapters.models.layer_file import LayerHeader, write_sparse

PLACE = np.array([5], np.uint32)


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch):
    monkeypatch.setattr(folder, "LOOK_EVERY_S", 0.0)


def write(path, weight, version):
    header = LayerHeader(version=version, shape="sparse", entries=0)
    write_sparse(path, header, PLACE, np.array([weight], np.float32))


def total(model):
    return sum(float(layer.weights_of(PLACE)[0]) for layer in model.layers)


def test_without_files_there_is_no_model(tmp_path):
    assert FolderModels(tmp_path).find("A") is None


def test_a_clients_layer_is_added_to_the_common_one_for_that_client_alone(tmp_path):
    write(tmp_path / "common.layer", 1.0, "common")
    write(client_layer(tmp_path, "A/../x"), -3.0, "a")
    models = FolderModels(tmp_path)
    assert (models.find("A/../x").version, total(models.find("A/../x"))) == ("common+a", -2.0)
    assert (models.find("B").version, total(models.find("B"))) == ("common", 1.0)
    assert client_layer(tmp_path, "A/../x").parent == tmp_path / "clients"


def test_a_replaced_file_is_swapped_in_while_the_old_one_is_in_use(tmp_path):
    write(tmp_path / "common.layer", 1.0, "first")
    models = FolderModels(tmp_path)
    old = models.find("A")
    write(tmp_path / "common.layer", 2.0, "second")
    assert (models.find("A").version, total(models.find("A"))) == ("second", 2.0)
    assert total(old) == 1.0


def test_a_damaged_newcomer_does_not_end_the_one_in_use(tmp_path):
    write(tmp_path / "common.layer", 1.0, "first")
    models = FolderModels(tmp_path)
    models.find("A")
    (tmp_path / "next").write_bytes(b"rubbish")
    (tmp_path / "next").replace(tmp_path / "common.layer")
    assert models.find("A").version == "first"
    assert FolderModels(tmp_path).find("A") is None


def test_a_file_that_was_taken_away_counts_no_more(tmp_path):
    write(client_layer(tmp_path, "A"), 1.0, "a")
    models = FolderModels(tmp_path)
    assert models.find("A")
    client_layer(tmp_path, "A").unlink()
    assert models.find("A") is None


def test_only_so_many_are_kept_open(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "MAX_OPEN", 3)
    models = FolderModels(tmp_path)
    for number in range(10):
        models.find(f"client {number}")
    assert len(models._seen) == 3
