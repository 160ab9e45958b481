"""How findings and classifier are weighed together: fits src/ecluse/filtering/fusion.toml, and shows what it comes to.

    .venv/bin/python bench/fusion.py FOLDER --work DIR

FOLDER holds the unpacked corpora of **../shared** (NAME/NAME/index/full). Writes fusion.toml and bench/accuracy-day-one.md.
Whatever is said of a corpus was learned from the others: its classifier and its weights never saw it. Two of them share
many messages and are left out together. Results of the slow steps stay in DIR and are used again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecluse.adapters.models.layer_file import read_layer
from ecluse.domain.policy import Policy
from ecluse.entrypoints.evaluation.index import Entry, read_index, thinned
from ecluse.entrypoints.evaluation.own_filter import OwnFilter
from ecluse.entrypoints.evaluation.whole_filter import WholeFilter
from ecluse.filtering.fusion import DATA, POINT, Calibration, Corpus, Fitted, Fusion
from ecluse.filtering.learning.accuracy import area_above
from ecluse.filtering.learning.mailbox import letter_on_arrival
from ecluse.filtering.learning.protocol import Feedback, When, play
from ecluse.filtering.meanings import MEANINGS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "bench/accuracy-day-one.md"
COMMAND = "bench/fusion.py"
YEARS = {"list_linux_raid": "2019-2026", "spamassassin": "2001-2002", "csdmc2010": "2001-2002, 2009-2010"}
SPAM_ONLY = ("cwl_email_corpus", "glitchyzorua")
# What is left out together, since messages are in both.
FOLDS = {"list_linux_raid": ("list_linux_raid",), "older": ("spamassassin", "csdmc2010")}
SAMPLE = (
    5_000  # Messages of a corpus that models are made of and taught with: of a larger one all spam, and ham to match.
)
DELAY = 1_000  # Messages until the truth is told, on a stream that teaches.
TAUGHT = 1_000  # Messages from which a client's own lessons count as such.
LEAST_SEEN = 20  # Messages that must show a code before its weight is fitted.
EQUIVALENT = 400.0  # Each class of each fold weighs as much as so many messages.
SPREAD = 0.35  # How far from the weight set by hand a fitted one is expected, as a share of it.
FARTHEST = (
    0.25,
    1.6,
)  # Shares of the weight set by hand that a fitted one stays between: never 0, never the other sign.
HIGHEST = 7.0  # Points: no fitted weight is half of what refuses.
# Points a nat of a classifier that has learned its stream: two of its views read the head and two the texts, so that four
# views that agree are two witnesses at most.
WITNESSED = round(1 / (2 * POINT), 3)
MARGIN = 1.0  # Points that ham of a corpus that was not seen must stay below what refuses.
POLICY = Policy("", "", ())

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One corpus, each array in the order of its index."""

    name: str
    is_spam: NDArray[np.bool_]
    codes: list[frozenset[str]]
    opinion: Vector  # Log-odds by a model that never saw the corpus.
    taught: Vector  # By one that was told the truth of this stream, late; NaN where it was not asked.
    refused_by_rule: NDArray[np.bool_]  # Whatever the score.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    corpora = list(gathered(asked.folder, asked.work))
    whole = fitted(corpora)
    DATA.write_bytes(as_toml(whole))
    left_out = {fold: fitted([one for one in corpora if one.name not in names]) for fold, names in FOLDS.items()}
    PAGE.write_text(page(corpora, whole, left_out), "utf-8")


# --- Gathering


def gathered(folder: Path, work: Path) -> Iterator[Seen]:
    index = {name: folder / name / name / "index/full" for name in (*YEARS, *SPAM_ONLY)}
    samples = {name: sample(index[name], name, work) for name in YEARS}
    for fold, names in {**FOLDS, "none": SPAM_ONLY}.items():
        layer = work / f"without-{fold}.layer"
        if not layer.exists():
            build(layer, [samples[name] for name in YEARS if name not in names])
        for name in names:
            static, online = work / f"static-{name}.jsonl", work / f"taught-{name}.jsonl"
            if not static.exists():
                write_lines(static, judged(index[name], layer))
            if name in YEARS and not online.exists():
                write_lines(online, taught(samples[name]))
            yield read_back(name, static, online)


def sample(index: Path, name: str, work: Path) -> Path:
    """An index of `SAMPLE` messages."""
    entries, target = thinned(read_index(index), SAMPLE), work / f"sample-{name}"
    target.write_text("".join(f"{'spam' if one.is_spam else 'ham'} {one.path.resolve()}\n" for one in entries))
    return target


def build(layer: Path, indices: list[Path]) -> None:
    command = [ROOT / ".venv/bin/ecluse", "learn", "build", *indices, "--out", layer, "--version", layer.stem]
    subprocess.run(command, check=True)


def judged(index: Path, layer: Path) -> Iterator[tuple[object, ...]]:
    with WholeFilter(OwnFilter((read_layer(layer),), letter_on_arrival)) as filter_:
        for entry in read_index(index):
            verdict, log_odds = filter_.verdict(entry)
            codes = sorted({finding.code for finding in verdict.findings})
            yield entry.is_spam, key(entry), log_odds, codes, verdict.disposition


def taught(index: Path) -> Iterator[tuple[object, ...]]:
    entries = read_index(index)
    stream = ((entry, entry.is_spam) for entry in entries)
    scores = play(LessonsAlone(), stream, Feedback(When.DELAYED, delay=DELAY))
    for entry, score in islice(zip(entries, scores, strict=True), TAUGHT + DELAY, None):
        yield key(entry), score


class LessonsAlone(OwnFilter):
    """What the node's verdicts are told: what lessons say, without what is known of all mail (decision 0019)."""

    def judge(self, message: Entry) -> float:
        return self.weigh(message).learned


def key(entry: Entry) -> str:
    """The same for a message of an index and of its sample."""
    return f"{entry.path.parent.name}/{entry.path.name}"


def write_lines(path: Path, rows: Iterator[tuple[object, ...]]) -> None:
    scratch = path.with_suffix(".part")
    with scratch.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    scratch.rename(path)


def read_back(name: str, static: Path, online: Path) -> Seen:
    rows = [json.loads(line) for line in static.read_text().splitlines()]
    is_spam, names, opinion, codes, dispositions = zip(*rows, strict=True)
    late = dict(map(json.loads, online.read_text().splitlines())) if online.exists() else {}
    return Seen(
        name,
        np.array(is_spam),
        [frozenset(each) for each in codes],
        np.array(opinion),
        np.array([late.get(message, np.nan) for message in names]),
        np.array([disposition != "deliver" for disposition in dispositions]),
    )


# --- Fitting


def fitted(corpora: list[Seen]) -> Fusion:
    """Weights and calibrations by these corpora alone."""
    labelled = [one for one in corpora if one.name in YEARS]
    weights, slope = fit_weights(labelled)
    untaught = Calibration(taught=0, slope=slope, most=7.0, least=3.0)
    late = Calibration(taught=TAUGHT, slope=slope, most=24.0, least=6.0)
    fusion = Fusion(
        made=f"{datetime.now(UTC):%Y-%m-%d}",
        command=COMMAND,
        corpora={
            one.name: Corpus(ham=int((~one.is_spam).sum()), spam=int(one.is_spam.sum()), years=YEARS[one.name])
            for one in labelled
        },
        calibrations=(untaught, late),
        weights=weights,
    )
    untaught = steepest(untaught, fusion, labelled, lambda one: one.opinion)
    late = steepest(replace(late, slope=WITNESSED), fusion, labelled, lambda one: one.taught)
    return replace(fusion, calibrations=(untaught, late))


def fit_weights(corpora: list[Seen]) -> tuple[dict[str, Fitted], float]:
    """Weights of the codes that were seen often enough, and the classifier's slope, all in points.

    Logistic regression at even odds, drawn towards the weights set by hand, within bounds; by projected gradient.
    """
    spam, ham = tally(corpora, spam=True), tally(corpora, spam=False)
    codes = [
        code
        for code, one in MEANINGS.items()
        if 0 < abs(one.weight) < POLICY.refuse_at
        and not code.startswith("LEARNED_")
        and spam[code] + ham[code] >= LEAST_SEEN
    ]
    hand = np.array([MEANINGS[code].weight for code in codes])
    fixed = np.concatenate([fixed_points(one, frozenset(codes)) for one in corpora])
    shown = np.concatenate([matrix(one, codes) for one in corpora])
    opinion = np.concatenate([one.opinion for one in corpora]).clip(-30, 30)
    is_spam = np.concatenate([one.is_spam for one in corpora])
    share = np.concatenate(list(shares(corpora)))
    ends = np.sort(np.outer(hand, FARTHEST), axis=1).clip(-HIGHEST, HIGHEST)
    weights, slope = hand.copy(), 0.1
    for step in range(1_500):
        margins = POINT * (fixed + shown @ weights + slope * opinion)
        errors = share * (is_spam - 1 / (1 + np.exp(-margins.clip(-40, 40)))) * POINT
        pull = (hand - weights) / (SPREAD * np.abs(hand)) ** 2
        rate = 0.02 / (1 + step / 1_000)
        weights = np.clip(weights + rate * (errors @ shown + pull) / (10 + share @ shown), ends[:, 0], ends[:, 1])
        slope = max(0.0, slope + rate * (errors @ opinion) / (share @ np.abs(opinion) * 10))
    found = zip(codes, weights.round(2).tolist(), strict=True)
    return {code: Fitted(weight=weight, ham=ham[code], spam=spam[code]) for code, weight in found}, round(slope, 3)


def steepest(start: Calibration, fusion: Fusion, corpora: list[Seen], opinion: Callable[[Seen], Vector]) -> Calibration:
    """As steep as no ham but one in ten thousand comes nearer to refusal than `MARGIN`; no steeper than `start`."""
    alone = [points_of(one, fusion, None, opinion(one)) for one in corpora]
    for slope in np.linspace(start.slope, 0, 101):
        calibration = replace(start, slope=round(float(slope), 4))
        scores = [found + counted(opinion(one), calibration) for one, found in zip(corpora, alone, strict=True)]
        if max(map(highest_ham, corpora, scores)) <= POLICY.refuse_at - MARGIN:
            return calibration
    return replace(start, slope=0.0)


def highest_ham(one: Seen, scores: Vector) -> float:
    """Of all but one in ten thousand, which may be lost (9-3)."""
    ham = np.sort(scores[~one.is_spam & ~one.refused_by_rule & ~np.isnan(scores)])
    return float(ham[: len(ham) - len(ham) // 10_000].max(initial=0.0))


def points_of(one: Seen, fusion: Fusion, calibration: Calibration | None, log_odds: Vector) -> Vector:
    """The scores of a corpus; the classifier says nothing where there is no calibration."""
    weights = {code: found.weight for code, found in fusion.weights.items()}
    scores = np.array([sum(weights.get(code, hand_set(code)) for code in codes) for codes in one.codes])
    return scores if calibration is None else scores + counted(log_odds, calibration)


def counted(log_odds: Vector, calibration: Calibration) -> Vector:
    """As `filtering.fusion.bounded` for one message."""
    bound = np.where(log_odds > 0, calibration.most, calibration.least)
    return bound * np.tanh(calibration.slope * log_odds / bound)


def hand_set(code: str) -> float:
    return 0.0 if code.startswith("LEARNED_") else MEANINGS[code].weight


def fixed_points(one: Seen, without: frozenset[str]) -> Vector:
    return np.array([sum(hand_set(code) for code in codes - without) for codes in one.codes])


def matrix(one: Seen, codes: list[str]) -> Vector:
    return np.array([[code in found for code in codes] for found in one.codes], np.float64)


def shares(corpora: list[Seen]) -> Iterator[Vector]:
    """What each message counts: folds and classes alike, however many messages they have."""
    for one in corpora:
        fold = next(names for names in FOLDS.values() if one.name in names)
        members = [each for each in corpora if each.name in fold]
        spam = sum(int(each.is_spam.sum()) for each in members)
        ham = sum(int((~each.is_spam).sum()) for each in members)
        yield np.where(one.is_spam, EQUIVALENT / spam, EQUIVALENT / ham)


def tally(corpora: list[Seen], *, spam: bool) -> dict[str, int]:
    return {
        code: sum(
            code in codes
            for one in corpora
            for codes, is_spam in zip(one.codes, one.is_spam, strict=True)
            if is_spam == spam
        )
        for code in MEANINGS
    }


def as_toml(fusion: Fusion) -> bytes:
    """One line for each weight, or the page would be long."""
    lines = [f'made = "{fusion.made}"', f'command = "{fusion.command}"', "", "[corpora]"]
    lines += [f"{name} = {inline(asdict(one))}" for name, one in fusion.corpora.items()]
    for one in fusion.calibrations:
        lines += ["", "[[calibrations]]", *(f"{key} = {value}" for key, value in asdict(one).items())]
    lines += ["", "[weights]", *(f"{code} = {inline(asdict(one))}" for code, one in fusion.weights.items()), ""]
    return "\n".join(lines).encode()


def inline(table: dict[str, object]) -> str:
    return f"{{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in table.items())} }}"


# --- Showing

COLUMNS = ["corpus", "model", "ham", "refused for good", "refused, releasable", "6 points or more", "highest", "spam", "refused", "6 points or more"]  # fmt: skip
RANKS = ["corpus", "model", "messages", "classifier alone", "findings alone", "together"]
Row = list[str]


def page(corpora: list[Seen], whole: Fusion, left_out: dict[str, Fusion]) -> str:
    days, ranks = [], []
    for one in corpora:
        fold = next((fold for fold, names in FOLDS.items() if one.name in names), "")
        fusion = left_out.get(fold, whole)
        none, untaught, late = (None, *fusion.calibrations)
        for model, calibration, log_odds in (
            ("none", none, one.opinion),
            ("of others", untaught, one.opinion),
            ("taught", late, one.taught),
        ):
            scores = points_of(one, fusion, calibration, log_odds)
            if np.isnan(log_odds).all():
                continue
            days.append(day(one, model, scores))
            if calibration is not None and one.name in YEARS:
                ranks.append(rank(one, model, log_odds, points_of(one, fusion, None, log_odds), scores))
    return PAGE_TEXT.format(date=f"{datetime.now(UTC):%Y-%m-%d}", days=table(COLUMNS, days), ranks=table(RANKS, ranks))


def day(one: Seen, model: str, scores: Vector) -> Row:
    asked = ~np.isnan(scores)
    ham, spam = asked & ~one.is_spam, asked & one.is_spam
    refused, unclear = scores >= POLICY.refuse_at, scores >= POLICY.greylist_at
    row = [one.name, model, f"{ham.sum()}"]
    if ham.any():
        row += [str((ham & one.refused_by_rule).sum()), str((ham & refused).sum()), str((ham & unclear).sum())]
        row += [f"{scores[ham].max():.1f}"]
    else:
        row += ["", "", "", ""]
    return [*row, f"{spam.sum()}", percent(refused, spam), percent(unclear, spam)]


def percent(chosen: NDArray[np.bool_], among: NDArray[np.bool_]) -> str:
    return f"{100 * (chosen & among).sum() / among.sum():.1f} %"


def rank(one: Seen, model: str, log_odds: Vector, findings: Vector, together: Vector) -> Row:
    asked = ~np.isnan(log_odds)
    areas = (area_above(one.is_spam[asked], each[asked]) for each in (log_odds, findings, together))
    return [one.name, model, str(asked.sum()), *(f"{area:.3f}" for area in areas)]


def table(columns: Row, rows: list[Row]) -> str:
    lines = [columns, ["---", "---", *["--:"] * (len(columns) - 2)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


PAGE_TEXT = """# Day one

*Made by `bench/fusion.py` on {date}: change it there.*

What would become of mail of corpora that neither classifier nor weights have seen, offline: no DNS, no SPF, DKIM or DMARC,
no DNS list, no history, no scanner, files not opened. `spamassassin` and `csdmc2010` share messages and are left out together.
*Model*: none; one that was made of the other corpora; or one that the stream itself has taught for 1,000 messages,
each told 1,000 messages late. "Refused for good" is what rules decide, whatever the score; "refused, releasable" is 15 points
or more; 6 or more are unclear, and greylisted where a client wants it.

{days}

Phishing of `cwl_email_corpus` lost most of its header fields on the way there: much of what it scores is that.

No refusal is claimed to be rarer than these numbers of ham can show: none in 26,000 is below 0.012 % with 95 % confidence.

## Together or alone

(1-ROCA) in percent, how often a ham scores above a spam: 0 is perfect, 50 is chance.

{ranks}
"""


if __name__ == "__main__":
    main()
