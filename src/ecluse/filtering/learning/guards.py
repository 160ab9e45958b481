"""What must not be learned at once, or at all: feedback is the one door through which strangers may move a filter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from ecluse.domain.act import Act, Channel, Standing

DAY_S = 86_400.0
# Acts of one channel that count in one day, for each client; beyond it somebody is at work, or a program.
PER_DAY = {
    Channel.ADMINISTRATOR: 500,
    Channel.RECIPIENT: 200,
    Channel.RELEASE: 100,
    Channel.REPORT: 200,
    Channel.FOLDER: 200,
    Channel.OPERATOR: 5_000,
}
PER_VOTER_AND_DAY = 50  # The same for one voter, whatever his channel; the provider and the administrator apart,
# and a folder, which is all who may write there.
DISAGREEMENT = 6.0  # Log-odds against what is said, from which one voter is not enough.
SHADOW_EVERY = 10  # One act in so many is kept for testing.
_TRUSTED = frozenset({Channel.ADMINISTRATOR, Channel.OPERATOR})
_NO_ONE_PERSON = _TRUSTED | {Channel.FOLDER}


def standing_of(act: Act, earlier: Iterable[Act], log_odds: float) -> Standing:
    """What becomes of a new act; `earlier` are the client's acts since a day before it, and all about the same message.

    `log_odds` is what the model that is in use now makes of the message.
    """
    others = tuple(earlier)
    if act.channel not in PER_DAY or _is_said_before(act, others) or _is_too_much(act, others):
        return Standing.IGNORED
    if _is_against(act.is_spam, log_odds) and act.channel not in _TRUSTED and not _is_seconded(act, others):
        return Standing.WAITING
    return Standing.SHADOW if act.number % SHADOW_EVERY == 0 else Standing.LEARNED


def freed_by(act: Act, earlier: Iterable[Act]) -> tuple[int, ...]:
    """Numbers of the acts that waited for this second vote."""
    if act.standing in {Standing.IGNORED, Standing.WAITING}:
        return ()
    return tuple(one.number for one in earlier if one.standing is Standing.WAITING and _agrees(act, one))


def _is_said_before(act: Act, others: tuple[Act, ...]) -> bool:
    """Whoever says it twice has one vote."""
    return any(
        one.voter == act.voter and one.message == act.message and one.is_spam is act.is_spam
        for one in others
        if one.standing is not Standing.IGNORED
    )


def _is_too_much(act: Act, others: tuple[Act, ...]) -> bool:
    counted = [one for one in others if one.standing is not Standing.IGNORED]
    if _is_full([one.at for one in counted if one.channel is act.channel], act.at, PER_DAY[act.channel]):
        return True
    of_voter = [one.at for one in counted if one.voter == act.voter]
    return act.channel not in _NO_ONE_PERSON and _is_full(of_voter, act.at, PER_VOTER_AND_DAY)


def _is_full(times: list[float], at: float, most: int) -> bool:
    """Whether any 24 hours with `at` in them have so many: what another node was told may come late, after newer acts."""
    if len(times) < most:
        return False
    times = sorted(times)
    ends = [at, *(time for time in times if at < time < at + DAY_S)]
    return any(bisect_right(times, end) - bisect_right(times, end - DAY_S) >= most for end in ends)


def _is_against(is_spam: bool, log_odds: float) -> bool:  # noqa: FBT001 - it is the one thing that is said
    return log_odds <= -DISAGREEMENT if is_spam else log_odds >= DISAGREEMENT


def _is_seconded(act: Act, others: tuple[Act, ...]) -> bool:
    return any(_agrees(act, one) for one in others if one.standing is not Standing.IGNORED)


def _agrees(act: Act, other: Act) -> bool:
    says_the_same = other.message == act.message and other.is_spam is act.is_spam
    return says_the_same and other.voter != act.voter and not _may_be_one_person(act.channel, other.channel)


def _may_be_one_person(one: Channel, other: Channel) -> bool:
    """Whoever put a message into a folder may have said the same in another way, as a second voter."""
    return Channel.FOLDER in {one, other} and _TRUSTED.isdisjoint({one, other})
