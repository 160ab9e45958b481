"""What accounts may send: contract 3-9 and 3-11."""

from dataclasses import replace
from importlib.resources import files

import pytest
from structlog.testing import capture_logs

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.locks import LmdbLocks
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.domain.account import Account
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.incoming import Direction
from ecluse.domain.limit_mark import Limited, LimitMark, LimitScope
from ecluse.domain.lock import Lock, LockCause, LockScope
from ecluse.domain.peer import Peer
from ecluse.domain.sending import OwnLimits, Rates, SendingFacts, SendingTerms
from ecluse.mta.reception import limit_news
from ecluse.mta.reception.emission_watch import EmissionWatch
from ecluse.mta.reception.limit_news import LimitNews
from ecluse.mta.reception.sending_limits import SendingLimits, account_of_sender
from ecluse.mta.sent_counts import UnknownCounts
from tests.unit.filtering import samples

NOW = 1_764_000_000.0
ANN = Account("A", "ann@a.example")
OFFER = Evidence(sending=SendingFacts(("t01",)))


@pytest.fixture
def limits(tmp_path):
    quotas = SqliteQuotas(tmp_path / "quotas.sqlite", b"salt")
    locks = LmdbLocks(tmp_path / "locks")
    yield SendingLimits(locks, quotas, SendingTerms(), EmissionWatch(locks, quotas))
    quotas.close()
    close_all()


def message(account=ANN, at=NOW, ip="192.0.2.1"):
    return replace(samples.incoming(), direction=Direction.OUTBOUND, received_at=at, account=account, peer=Peer(ip=ip))


def people(count, first=0):
    return tuple(f"p{one}@b.example" for one in range(first, first + count))


def test_five_hundred_recipients_of_a_message_pass_and_the_next_one_locks_the_account(limits):
    """Contract 3-11."""
    assert limits.at_recipient(ANN, 500, NOW) is None
    assert limits.at_mail(ANN, "192.0.2.1", NOW) is None
    assert str(limits.at_recipient(ANN, 501, NOW)).startswith(
        "550 5.7.1 This account may not send: too many recipients"
    )
    assert limits.at_mail(ANN, "192.0.2.1", NOW).code == 550
    assert limits.at_mail(Account("A", "bob@a.example"), "192.0.2.1", NOW) is None


async def test_five_hundred_recipients_of_near_identical_messages_pass_and_the_next_one_locks_the_account(limits):
    """Contract 3-11."""
    assert await limits.at_end(message(), OFFER, people(300)) is None
    assert await limits.at_end(message(at=NOW + 3_600), OFFER, people(200, 300)) is None
    assert (await limits.at_end(message(at=NOW + 7_200), OFFER, people(1, 500))).code == 550
    assert limits.at_mail(ANN, "192.0.2.1", NOW + 7_300).code == 550


def test_the_answer_names_the_page_where_it_is_unlocked(limits):
    page = (files("ecluse.web") / "templates/console/sending_locks.html").read_text("utf-8")
    heading = page.partition('<h1>{% translate "')[2].partition('"')[0]
    assert f"under {heading} (" in limits.at_recipient(ANN, 501, NOW).text


def test_a_second_transaction_beyond_the_limit_meets_the_lock_of_the_first(limits):
    """Its id is what people have been told."""
    limits.at_recipient(ANN, 501, NOW)
    [lock] = limits.locks.all()
    assert limits.at_recipient(ANN, 501, NOW + 1).code == 550
    assert list(limits.locks.all()) == [lock]


async def test_the_same_people_may_be_written_to_again_and_again(limits):
    for time in range(5):
        assert await limits.at_end(message(at=NOW + time), OFFER, people(400)) is None


async def test_other_messages_and_other_accounts_are_counted_apart(limits):
    assert await limits.at_end(message(), OFFER, people(500)) is None
    assert await limits.at_end(message(), Evidence(sending=SendingFacts(("t02",))), people(500, 500)) is None
    assert await limits.at_end(message(Account("A", "bob@a.example")), OFFER, people(500, 500)) is None


async def test_after_a_day_the_count_begins_anew(limits):
    assert await limits.at_end(message(), OFFER, people(500)) is None
    assert await limits.at_end(message(at=NOW + 86_400), OFFER, people(500, 500)) is None


async def test_messages_that_nobody_could_read_count_as_alike(limits):
    unread = Evidence(sending=Unknown("too slow"))
    assert await limits.at_end(message(), unread, people(500)) is None
    assert (await limits.at_end(message(), unread, people(1, 500))).code == 550


async def test_beyond_a_rate_the_sender_is_told_when_to_come_again(limits):
    limits = replace(limits, terms=SendingTerms(account=Rates(messages_per_minute=2)))
    assert [await limits.at_end(message(), OFFER, people(1)) for _ in range(2)] == [None, None]
    reply = await limits.at_end(message(), OFFER, people(1))
    assert (reply.code, "at most 2 messages in a minute; counted anew from 2025-11-24 16:01 UTC" in reply.text) == (
        452,
        True,
    )
    # Before the next message is even sent to us.
    assert limits.at_mail(ANN, "192.0.2.1", NOW + 59) == reply
    assert limits.at_mail(ANN, "192.0.2.1", NOW + 60) is None
    assert await limits.at_end(message(at=NOW + 60), OFFER, people(1)) is None


async def test_a_message_that_can_never_pass_is_refused_for_good(limits):
    limits = replace(limits, terms=SendingTerms(account=Rates(recipients_per_hour=10)))
    assert (await limits.at_end(message(), OFFER, people(11))).code == 550
    assert await limits.at_end(message(), OFFER, people(10)) is None


@pytest.mark.parametrize(
    "terms", [SendingTerms(domain=Rates(messages_per_day=1)), SendingTerms(client=Rates(messages_per_day=1))]
)
async def test_domains_and_clients_have_limits_of_their_own(limits, terms):
    limits = replace(limits, terms=terms)
    assert await limits.at_end(message(), OFFER, people(1)) is None
    assert (await limits.at_end(message(Account("A", "bob@a.example")), OFFER, people(1))).code == 452
    assert await limits.at_end(message(Account("B", "bob@b.example")), OFFER, people(1)) is None


async def test_a_lock_that_comes_while_the_message_is_on_its_way_stops_it(limits):
    lock = Lock("1", LockScope.CLIENT, "A", "", LockCause.BURST, NOW, until=NOW + 3_600)
    limits.locks.put(lock)
    reply = await limits.at_end(message(), OFFER, people(1))
    assert (reply.code, "Until 2025-11-24 17:00 UTC" in reply.text) == (451, True)


def test_bounces_are_counted_by_the_server_that_sends_them():
    assert account_of_sender("", None, "192.0.2.1").name == "[192.0.2.1]"


async def test_of_the_node_s_limit_and_the_client_s_own_the_lower_one_counts(limits):
    limits = replace(limits, terms=SendingTerms(account=Rates(messages_per_day=2)))
    lower, higher = (OwnLimits(account=Rates(messages_per_day=one)) for one in (1, 100))
    assert await limits.at_end(message(), OFFER, people(1), lower) is None
    denied = await limits.at_end(message(), OFFER, people(1), lower)
    assert (denied.code, limits.at_mail(ANN, "192.0.2.1", NOW, lower)) == (452, denied)
    # As soon as the client wishes something else, that counts.
    assert limits.at_mail(ANN, "192.0.2.1", NOW, higher) is None
    assert await limits.at_end(message(), OFFER, people(1), higher) is None
    assert (await limits.at_end(message(), OFFER, people(1), higher)).code == 452


async def test_a_client_s_own_limit_of_all_its_accounts(limits):
    own = OwnLimits(client=Rates(recipients_per_hour=10))
    assert await limits.at_end(message(), OFFER, people(9), own) is None
    other = message(Account("A", "bob@a.example"))
    assert (await limits.at_end(other, Evidence(sending=SendingFacts(("t02",))), people(2), own)).code == 452
    assert await limits.at_end(message(Account("B", "eve@b.example")), OFFER, people(9), own) is None


async def test_a_day_with_too_many_unknown_recipients_is_over_and_the_next_one_begins_anew(limits):
    """Issue 7, item 2: 30 of a hundred, from 20 on, counted under the day on which they were written to."""
    limits = replace(limits, terms=SendingTerms(account=Rates(unknown_percent=30)))
    unknown, day = UnknownCounts(limits.quotas), NOW // 86_400 * 86_400
    assert await limits.at_end(message(at=day - 60), OFFER, people(30)) is None
    await unknown.note(ANN, people(30), day - 60)
    assert await limits.at_end(message(at=day + 60), OFFER, people(60)) is None
    for _ in range(2):  # Who is written to again is no other one.
        await unknown.note(ANN, people(19), day + 60)
    assert await limits.at_end(message(at=day + 120), OFFER, people(1)) is None
    await unknown.note(ANN, people(20), day + 60)
    assert str(await limits.at_end(message(at=day + 180), OFFER, people(1))) == (
        "452 4.7.1 Sending limit: 20 of 62 recipients of today are unknown to their servers, at most 30 in a hundred may be; "
        "counted anew from 2025-11-25 00:00 UTC"
    )
    assert limits.at_mail(ANN, "192.0.2.1", day + 240).code == 452
    assert limits.at_mail(Account("A", "bob@a.example"), "192.0.2.1", day + 240) is None
    assert limits.at_mail(ANN, "192.0.2.1", day + 86_400 + 60) is None


async def test_many_unknown_recipients_are_told_once_before_the_day_is_over(limits):
    limits = replace(limits, terms=SendingTerms(account=Rates(unknown_percent=30)))
    unknown = UnknownCounts(limits.quotas)
    with capture_logs() as lines:
        assert await limits.at_end(message(), OFFER, people(100)) is None
        await unknown.note(ANN, people(23), NOW)
        assert await limits.at_end(message(), OFFER, people(1)) is None
    assert lines == []
    await unknown.note(ANN, people(28), NOW)
    with capture_logs() as lines:
        for one in range(2):
            assert await limits.at_end(message(), OFFER, people(1, one)) is None
    [line] = lines
    assert (line["event"], line["limit"]) == ("sending limit nearly reached", "30 % of recipients unknown in 86400 s")
    assert (line["account"], line["of"], line["count"]) == ("ann@a.example", "account", 28)


async def test_unknown_recipients_of_a_clients_accounts_are_one_count_where_it_wants_so(limits):
    own, unknown = OwnLimits(client=Rates(unknown_percent=10)), UnknownCounts(limits.quotas)
    for who in ("ann", "bob"):
        account = Account("A", f"{who}@a.example")
        assert await limits.at_end(message(account), OFFER, people(50), own) is None
        await unknown.note(account, people(10), NOW)
    assert (await limits.at_end(message(Account("A", "carl@a.example")), OFFER, people(1), own)).code == 452


async def test_a_limit_is_told_when_it_is_near_and_when_it_is_reached_and_not_in_between(limits):
    """Issue 7, item 2: from 80 % on, with whose it is, how much, until when, and the answer."""
    limits = replace(
        limits, terms=SendingTerms(account=Rates(recipients_per_day=10), client=Rates(messages_per_hour=5))
    )
    marks = []
    answers = [await limits.at_end(message(), OFFER, people(count), tell=marks.append) for count in (7, 1, 1, 3)]
    assert await limits.at_end(message(), OFFER, people(11), tell=marks.append)  # Too large, however little was sent.
    assert await limits.at_end(message(), OFFER, people(1), tell=marks.append) is None
    tomorrow = (NOW // 86_400 + 1) * 86_400
    mine = ("A", LimitScope.ACCOUNT, "ann@a.example", Limited.RECIPIENTS, 86_400, 10)
    assert marks == [
        LimitMark(*mine, 8, NOW, tomorrow),
        LimitMark(*mine, 8, NOW, tomorrow, answer=str(answers[-1])),
        LimitMark("A", LimitScope.CLIENT, "", Limited.MESSAGES, 3_600, 5, 4, NOW, (NOW // 3_600 + 1) * 3_600),
    ]
    assert answers[:3] == [None] * 3


async def test_unknown_recipients_are_told_when_they_are_many_and_when_they_are_too_many(limits):
    limits = replace(limits, terms=SendingTerms(domain=Rates(unknown_percent=30)))
    unknown, marks = UnknownCounts(limits.quotas), []
    assert await limits.at_end(message(), OFFER, people(99), tell=marks.append) is None
    for count in (27, 33):
        await unknown.note(ANN, people(count), NOW)
        answers = [await limits.at_end(message(at=NOW + one), OFFER, people(1), tell=marks.append) for one in range(2)]
    whose = ("A", LimitScope.DOMAIN, "a.example", Limited.UNKNOWN, 86_400, 30)
    assert [(each.count, each.of, each.answer) for each in marks] == [(27, 100, ""), (33, 102, str(answers[0]))]
    assert {(each.client, each.scope, each.name, each.what, each.window_s, each.most) for each in marks} == {whose}


def mark(at, client="A", name="ann", **more):
    values = {"scope": LimitScope.ACCOUNT, "what": Limited.MESSAGES, "window_s": 60, "most": 5, "count": 4}
    return LimitMark(client=client, name=name, at=at, ends_at=(at // 60 + 1) * 60, **values | more)


def test_of_a_limit_of_minutes_people_hear_once_an_hour_and_of_a_clients_accounts_not_without_end(monkeypatch):
    monkeypatch.setattr(limit_news, "MOST_AN_HOUR", 3)
    news, hour = LimitNews(), NOW // 3_600 * 3_600
    told = [
        (mark(hour), True),
        (mark(hour + 61), False),  # The same, in its next minute.
        (mark(hour + 61, answer="452 later"), True),  # It is reached.
        (mark(hour + 62, most=6), True),  # It is another limit by now.
        (mark(hour + 63, name="bob"), False),  # The fourth of this client's in this hour.
        (mark(hour + 63, client="B"), True),
        (mark(hour + 64, scope=LimitScope.CLIENT, name=""), True),
        (mark(hour + 3_600, name="bob"), True),
        (mark(hour + 3_600), True),
    ]
    assert [news.is_new(each) for each, _ in told] == [is_new for _, is_new in told]
