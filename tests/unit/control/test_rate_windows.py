"""Windows of seven days, and the worst of them, against the same counted window by window (10-3)."""

from __future__ import annotations

import random
from collections import Counter

from ecluse.control.mail.models import ObjectionKind
from ecluse.control.mail.rates import WINDOW_H, Rates, Window, windows_of

ENDS = range(1_000, 1_300)


def counted(verdicts, wrong):
    def within(end, number):
        return sum(number(hour) for hour in range(end - WINDOW_H, end))

    return [
        Window(
            end,
            within(end, lambda hour: verdicts.get(hour, 0)),
            *(within(end, lambda hour, kind=kind: wrong.get((hour, kind), 0)) for kind in ("blocked", "passed")),
        )
        for end in ENDS
    ]


def test_windows_and_the_worst_of_them_are_as_counted_one_by_one():
    for seed in range(12):
        dice = random.Random(seed)
        hours = range(ENDS[0] - WINDOW_H - 5, ENDS[-1] + 5)  # Some lie in no window.
        verdicts = {dice.choice(hours): dice.randint(1, 90) for _ in range(seed * 3)}
        wrong = Counter((dice.choice(hours), dice.choice(list(ObjectionKind))) for _ in range(dice.choice((0, 1, 9))))
        windows = tuple(windows_of(ENDS, verdicts, wrong))
        assert list(windows) == counted(verdicts, wrong)
        rates, latest_first = Rates(windows), windows[::-1]
        assert rates.worst == max(latest_first, key=lambda each: each.percent)
        assert rates.most_blocked == max(latest_first, key=lambda each: each.false_positives.percent)
        assert rates.most_passed == max(latest_first, key=lambda each: each.false_negatives.percent)
