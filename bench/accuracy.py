"""Accuracy side by side: our classifier and three filters from Debian packages, same messages, same feedback, one run.

    .venv/bin/python bench/accuracy.py --work DIR [--sample 2000] [--small-sample 300] [--feedback immediate] NAME=INDEX ...

writes bench/accuracy.md. Needs `scripts/install-test-servers peers`, and what `bench/prior.py` has left in DIR, where the results
of each run stay too, and are used again: ours may not know beforehand what was fitted to the corpus it is judged by. Each stream is thinned to `--sample` messages, and
once more to `--small-sample` for SpamAssassin, which takes seconds for each; what is compared is the same for all filters
of a run. Nothing leaves the machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "bench/accuracy.md"
QUICK, SLOW = "bogofilter,rspamd", "spamassassin"
COLUMNS = [
    "corpus",
    "filter",
    "ham",
    "spam",
    "(1-ROCA) %",
    "lam %",
    "missed at 1 %",
    "at 0.1 %",
    "at 0.01 %",
    "seconds",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=2_000)
    parser.add_argument("--small-sample", type=int, default=300)
    parser.add_argument("--feedback", default="immediate")
    parser.add_argument("streams", nargs="+", metavar="NAME=INDEX")
    asked = parser.parse_args()
    runs = []
    for peers, sample in ((QUICK, asked.sample), (SLOW, asked.small_sample)):
        for stream in asked.streams:
            name, _, index = stream.partition("=")
            kept = asked.work / f"accuracy-{name}-{peers}-{sample}-{asked.feedback}.json"
            if not kept.exists():
                prior = asked.work / f"prior-without-{name}.toml"
                kept.write_text(compared(index, prior, peers, sample, asked.feedback), "utf-8")
            own = json.loads(kept.read_text("utf-8"))
            runs += [(name, each) for each in (own, *own["peers"])]
            PAGE.write_text(page(runs, asked), "utf-8")


def compared(index: str, prior: Path, peers: str, sample: int, feedback: str) -> str:
    command = [ROOT / ".venv/bin/ecluse", "evaluate", index, "--prior", prior, "--against", peers, "--json"]
    command += ["--sample", str(sample), "--feedback", feedback]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def page(runs: list[tuple[str, dict]], asked: argparse.Namespace) -> str:
    filters = {run["filter"]: run for _, run in runs}
    versions = "\n".join(f"- {name} {each['version']}: `{each['command']}`" for name, each in filters.items())
    rows = [COLUMNS, ["---"] * 2 + ["--:"] * 8, *(row(name, run) for name, run in runs)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return f"""# Accuracy, side by side

*Made by `bench/accuracy.py --sample {asked.sample} --small-sample {asked.small_sample} --feedback {asked.feedback}` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}: change it there.*

Each filter starts empty, judges a message, is then told what it was ({asked.feedback} feedback), and goes on to the next:
the same messages in the same order, at most {asked.sample} of each corpus ({asked.small_sample} where SpamAssassin takes part),
half of them spam where there is enough. What ours knows before its first lesson (`filtering/learning/prior.toml`) is fitted
anew without the corpus that it is judged by. In brackets the 95 % bootstrap interval. SpamAssassin and Rspamd run with all their local rules and Bayes, which speaks after
20 messages of each class (their default of 200 would keep it silent for most of so short a stream); no network tests.
"missed" is the share of spam that passes when so much ham may be lost.

{versions}

{table}
"""


def row(name: str, run: dict) -> list[str]:
    missed, intervals = run["spam_missed_pct_at_ham_loss"], run["spam_missed_pct_at_ham_loss_interval"]
    figures = [cell(run[key], run[f"{key}_interval"], 3) for key in ("one_minus_roca_pct", "lam_pct")]
    figures += [cell(missed[loss], intervals[loss], 1) for loss in ("1", "0.1", "0.01")]
    return [name, run["filter"], str(run["ham"]), str(run["spam"]), *figures, f"{run['seconds']:.0f}"]


def cell(value: float, interval: list[float], digits: int) -> str:
    return f"{value:.{digits}f} ({interval[0]:.{digits}f} to {interval[1]:.{digits}f})"


if __name__ == "__main__":
    main()
