"""What the layers of many clients take: memory of one process that has judged mail of all, and what a score costs.

    .venv/bin/python bench/layers.py [--clients 1000] [--work DIR]

writes full layers for so many clients and a common one (1 GB of disk, removed afterwards), has a message judged for each
client and then another, and prints what the kernel says of this process.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecluse.adapters.models.folder import FolderModels, client_layer
from ecluse.adapters.models.layer_file import MAX_SPARSE_ENTRIES, PLACES, LayerHeader, write_dense, write_sparse
from ecluse.filtering.learning.classifier import Classifier
from ecluse.filtering.learning.tokens import Tokens, tokens_at

TOKENS = 3_000  # Of a message.
ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1_000)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    chosen = np.random.default_rng(0)
    with TemporaryDirectory(prefix="ecluse-layers-", dir=asked.work) as folder:
        root = Path(folder)
        write(root, asked.clients, chosen)
        before = memory()
        seconds = judged(root, asked.clients, chosen)
        after = memory()
    print(f"{asked.clients} clients, each with {MAX_SPARSE_ENTRIES} weights, and a common layer")
    for name, octets in after.items():
        print(f"{name}: {octets / 1e6:.0f} MB, {before[name] / 1e6:.0f} MB before the first message")
    print(f"a score with both layers: {1e3 * seconds:.3f} ms")


def write(root: Path, clients: int, chosen: np.random.Generator) -> None:
    weights = chosen.normal(size=PLACES).astype(np.float32)
    write_dense(root / "common.layer", LayerHeader(version="common", shape="dense", entries=PLACES), weights)
    some = chosen.permutation(PLACES)[:MAX_SPARSE_ENTRIES]
    for client in range(clients):
        places = np.sort((some + 7_919 * client) % PLACES).astype(np.uint32)
        header = LayerHeader(version=f"client-{client}", shape="sparse", entries=0, learned=1_000)
        write_sparse(client_layer(root, f"client-{client}"), header, places, weights[: len(places)])


def judged(root: Path, clients: int, chosen: np.random.Generator) -> float:
    """Processor seconds of the quickest tenth of all scores, on average: a busy machine slows the others."""
    models, taken = FolderModels(root), []
    for number in range(ROUNDS * clients):
        model = models.find(f"client-{number % clients}")
        if model is None:
            raise RuntimeError("the layers are not found")
        tokens = message(chosen)
        started = time.thread_time()
        Classifier(model.layers).weigh(tokens)
        taken.append(time.thread_time() - started)
    return float(np.mean(sorted(taken)[: max(1, len(taken) // 10)]))


def message(chosen: np.random.Generator) -> Tokens:
    views = [chosen.integers(view << 20, (view + 1) << 20, TOKENS // 4) for view in range(4)]
    return tokens_at(np.unique(np.concatenate(views)).astype(np.uint32))


def memory() -> dict[str, int]:
    """Octets that this process holds, by the kernel's names (proc(5), status)."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: 1_024 * int(lines[name].split()[0]) for name in ("VmHWM", "VmRSS", "RssAnon", "RssFile")}


if __name__ == "__main__":
    main()
