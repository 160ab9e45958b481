"""What every message log promises."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from ecluse.adapters.message_log import statements
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import HOUR_S
from ecluse.domain.log_search import LogSearch

DAY_S = 86_400.0
NOW = 1_790_000_000.0  # 21 September 2026.
_numbers = count()


def id_at(at: float) -> str:
    """An id of that time, and no other one."""
    return f"{int(at * 1_000):012x}7{next(_numbers):019x}"


def outcome(at: float = NOW, *recipients: RecipientEvent, **changes) -> MessageEvent:
    fields = {
        "id": id_at(at),
        "stage": Stage.OUTCOME,
        "at": at + 0.25,
        "direction": "inbound",
        "client": "One",
        "ip": "192.0.2.1",
        "sender": "bob@sender.example",
        "recipients": recipients or (recipient(),),
        "size": 4_321,
        "reply": "250 2.0.0 taken",
    }
    return MessageEvent(**{**fields, **changes})


def recipient(address: str = "ann@one.example", fate: Ending = Ending.RELAYED, **changes) -> RecipientEvent:
    return RecipientEvent(address, fate, **{"disposition": "deliver", "reply": "250 2.0.0 ok", **changes})


def delivery(of: MessageEvent, after_s: float, fate: Ending, **changes) -> MessageEvent:
    """A later attempt, as the delivery process tells of it."""
    those = tuple(RecipientEvent(one.address, fate, reply=changes.get("reply", "")) for one in of.recipients)
    return MessageEvent(
        of.id, Stage.DELIVERY, of.at + after_s, of.direction, of.client, sender=of.sender, recipients=those, **changes
    )


def ids(page):
    return [row.id for row in page.rows]


def everything(log, search, limit=7):
    """All pages, to the end."""
    rows, place = [], None
    while True:
        page = log.search(search, limit, place)
        assert len(page.rows) <= limit
        rows += page.rows
        if page.following is None:
            return rows
        assert place is None or (page.following.id, page.following.recipient) < (place.id, place.recipient)
        place = page.following


def figures(log, client="One"):
    """Day, fate, number and octets."""
    found = log.figures(client, date(2000, 1, 1), date(2100, 1, 1))
    return [(each.day.isoformat(), each.fate, each.count, each.octets) for each in found]


class MessageLogContract:
    """An adapter joins by one subclass that gives `log`."""

    def test_nothing_is_found_where_nothing_was_written(self, log):
        assert log.search(LogSearch(client="One"), 10).rows == ()
        assert log.events(id_at(NOW)) == ()

    def test_a_row_for_each_recipient_and_the_events_beside_it(self, log):
        event = outcome(NOW, recipient(), recipient("eve@one.example", Ending.HELD, category="Q", score=12.345))
        log.append([event])
        eve, ann = log.search(LogSearch(client="One"), 10).rows
        assert (ann.recipient, ann.fate, ann.code, ann.size) == ("ann@one.example", "relayed", 250, 4_321)
        assert (eve.recipient, eve.category, eve.score) == ("eve@one.example", "Q", pytest.approx(12.35, abs=0.01))
        assert (ann.id, ann.sender, ann.ip, ann.direction) == (event.id, event.sender, event.ip, "inbound")
        assert ann.at == NOW
        assert log.events(event.id) == (event,)

    def test_the_events_of_many_messages_at_once_but_of_no_other_client(self, log):
        own = [outcome(NOW - number * 20 * DAY_S) for number in range(4)]
        late = delivery(own[0], 60, Ending.DELIVERED)
        strange = outcome(client="Two")
        log.append([*own, late, strange])
        asked = [event.id for event in (*own, strange)] + [id_at(NOW), "none of ours", "f" * 32]
        found = log.events_of(asked, "One")
        assert sorted(event.id for event in found) == sorted(event.id for event in (*own, late))
        assert log.events_of([], "One") == ()
        assert len(log.events_of(asked, "")) == len(found) + 1  # Of all.

    def test_figures_by_day_follow_each_message_to_its_end(self, log):
        waiting = outcome(NOW, recipient(fate=Ending.SPOOLED), recipient("eve@one.example", Ending.SPOOLED))
        log.append([waiting, outcome(NOW - DAY_S, size=100), outcome(NOW - DAY_S, size=50), outcome(client="Two")])
        log.append([waiting])
        assert figures(log) == [("2026-09-20", "relayed", 2, 150), ("2026-09-21", "spooled", 2, 2 * 4_321)]
        log.append([delivery(waiting, 60, Ending.DELIVERED)])
        assert figures(log) == [("2026-09-20", "relayed", 2, 150), ("2026-09-21", "delivered", 2, 2 * 4_321)]

    def test_figures_tell_what_the_rows_tell_whatever_the_batches_were(self, log):
        chance = random.Random(3)
        events = []
        for _ in range(200):
            event = outcome(NOW - chance.random() * 60 * DAY_S, recipient(fate=chance.choice(list(Ending))), size=7)
            events += [event, delivery(event, 9, chance.choice(list(Ending)))][: chance.randint(1, 2)]
        chance.shuffle(events)
        while events:
            log.append([events.pop() for _ in range(min(len(events), chance.randint(1, 30)))])
        counted: dict[tuple, int] = {}
        for row in everything(log, LogSearch(client="One")):
            key = (datetime.fromtimestamp(row.at, UTC).date().isoformat(), row.fate)
            counted[key] = counted.get(key, 0) + 1
        assert {(day, fate): number for day, fate, number, _ in figures(log)} == counted

    def test_figures_of_other_days_are_not_told_and_purged_days_have_none(self, log):
        log.append([outcome(NOW - number * DAY_S) for number in range(60)])
        today = date(2026, 9, 21)
        assert [each.day for each in log.figures("One", today - timedelta(1), today)] == [today - timedelta(1), today]
        log.purge(NOW - 40 * DAY_S)
        assert len(figures(log)) == 41
        assert log.figures("Two", date(2000, 1, 1), today) == ()

    def test_busy_addresses_are_those_through_which_much_mail_went(self, log):
        """Contract 3-9: received and sent apart, messages and not recipients."""
        two = (recipient(), recipient("eve@one.example"))
        log.append([outcome(NOW + number, *two) for number in range(3)])
        refused = recipient("eve@one.example", Ending.REFUSED, disposition="refuse")
        log.append([outcome(NOW + 3, recipient(), refused), outcome(NOW + 10, *two), outcome(client="Two")])
        sent = {"direction": "outbound", "sender": "ann@one.example"}
        log.append(
            [outcome(NOW + number, recipient("x@y.example"), recipient("z@y.example"), **sent) for number in range(3)]
        )
        log.append([outcome(NOW, direction="outbound", sender="") for _ in range(5)])
        log.append([outcome(NOW + number, client="Three") for number in range(3)])
        found = log.busy_addresses(["Two", "One", "Nobody"], NOW, NOW + 10, 3)
        assert {
            name: [(each.direction, each.address, each.messages) for each in those] for name, those in found.items()
        } == {
            "One": [
                ("inbound", "ann@one.example", 4),
                ("inbound", "eve@one.example", 3),
                ("outbound", "ann@one.example", 3),
            ]
        }
        # Of the same address at two clients each has its own.
        both = log.busy_addresses(["Two", "Three"], NOW, NOW + 10, 1)
        assert {name: [each.messages for each in those] for name, those in both.items()} == {"Two": [1], "Three": [3]}
        assert log.busy_addresses(["One", "Three"], NOW + 20, NOW + 30, 1) == {}
        assert log.busy_addresses([], NOW, NOW + 10, 1) == {}

    def test_a_busy_day_may_lie_in_two_months(self, log):
        turn = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
        log.append([outcome(turn + number * 60) for number in (-2, -1, 0, 1)])
        [each] = log.busy_addresses(["One"], turn - 3_600, turn + 3_600, 4)["One"]
        assert each.messages == 4

    def test_verdicts_by_hour_are_those_of_mail_that_came_and_is_not_to_come_again(self, log):
        """The denominator of 1-9 and 1-10."""
        hour = int(NOW // HOUR_S)
        spam = recipient("eve@one.example", Ending.REFUSED, disposition="refuse")
        put_off = outcome(NOW, recipient(fate=Ending.DEFERRED, disposition="defer"))
        away = outcome(NOW, recipient(fate=Ending.DEFERRED))  # Its next hop says so.
        unknown = outcome(NOW, recipient(fate=Ending.REFUSED, disposition=""))
        log.append([outcome(NOW, recipient(), spam), put_off, away, unknown, outcome(NOW, direction="outbound")])
        log.append([outcome(NOW - 3_600), outcome(NOW - 40 * DAY_S), outcome(client="Two")])
        log.append([outcome(NOW - 40 * DAY_S, direction="outbound")])
        assert log.verdicts("One", hour - 1, hour) == {hour - 1: 1, hour: 2}
        assert log.verdicts("One", hour, hour) == {hour: 2}
        assert log.verdicts("One", hour - 1, hour, Direction.OUTBOUND) == {hour: 1}  # Of 9-5 alone.
        held = outcome(NOW, recipient(fate=Ending.HELD, disposition="hold"))
        log.append([held])
        log.append([delivery(held, 60, Ending.SPOOLED, released_by="recipient"), delivery(held, 90, Ending.DELIVERED)])
        assert log.verdicts("One", hour, hour) == {hour: 3}
        log.purge(NOW - 3_600)
        assert sum(log.verdicts("One", 0, hour).values()) == 4
        assert log.verdicts("One", 0, hour, Direction.OUTBOUND) == {hour: 1}

    def test_what_comes_twice_is_there_once(self, log):
        event = outcome()
        log.append([event, event])
        log.append([event])
        assert len(log.search(LogSearch(), 10).rows) == 1
        assert log.events(event.id) == (event,)

    def test_in_whatever_order_events_come_the_last_of_them_tells_the_fate(self, log):
        kept = outcome(NOW, recipient(fate=Ending.SPOOLED, category="M", score=3.0))
        story = [
            kept,
            delivery(kept, 60, Ending.DEFERRED, reply="451 4.7.1 later"),
            delivery(kept, 120, Ending.DELIVERED, reply="250 2.0.0 got it"),
        ]
        for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
            moved = [replace(event, id=f"{kept.id[:-4]}{''.join(map(str, order))}f") for event in story]
            for number in order:
                log.append([moved[number]])
            (row,) = log.search(LogSearch(id_prefix=moved[0].id), 10).rows
            assert (row.fate, row.code, row.category, row.score, row.ip) == ("delivered", 250, "M", 3.0, "192.0.2.1")
            assert log.events(moved[0].id) == tuple(moved)

    def test_an_intent_is_no_row(self, log):
        log.append([MessageEvent(id_at(NOW), Stage.INTENT, NOW, client="One")])
        assert log.search(LogSearch(), 10).rows == ()

    @pytest.mark.parametrize(
        "wanted",
        [
            {"party": "bob@wanted.example"},
            {"party": "wanted.example"},
            {"sender": "bob@wanted.example"},
            {"sender": "@wanted.example"},
            {"ip": "2001:db8::7"},
            {"subject": "ÉTÉ"},
            {"direction": "outbound"},
            {"dispositions": frozenset({"refuse", "defer"})},
            {"categories": frozenset({"P"})},
            {"fates": frozenset({"refused"})},
            {"code_class": 5},
            {"since": NOW + 1, "until": NOW + 100},
        ],
    )
    def test_it_is_searched_by(self, log, wanted):
        hit = outcome(
            NOW + 10,
            recipient(fate=Ending.REFUSED, disposition="refuse", category="P", reply=""),
            sender="bob@wanted.example",
            ip="2001:db8::7",
            subject="L'été à Toulouse",
            direction="outbound",
            reply="550 5.7.1 no",
        )
        log.append([outcome(NOW - 10), hit, outcome(NOW + 200)])
        for client in ("One", ""):
            assert ids(log.search(LogSearch(client=client, **wanted), 10)) == [hit.id]

    @pytest.mark.parametrize("wanted", [{"recipient": "eve@two.example"}, {"recipient": "two.example"}])
    def test_it_is_searched_by_recipient(self, log, wanted):
        event = outcome(NOW, recipient(), recipient("eve@two.example"))
        log.append([event])
        (row,) = log.search(LogSearch(client="One", **wanted), 10).rows
        assert row.recipient == "eve@two.example"

    def test_it_is_searched_by_the_beginning_of_an_id(self, log):
        events = [outcome(NOW + number) for number in range(3)]
        log.append(events)
        assert ids(log.search(LogSearch(id_prefix=events[1].id[:14]), 10)) == [events[1].id]
        assert ids(log.search(LogSearch(id_prefix=events[1].id), 10)) == [events[1].id]

    def test_who_writes_to_himself_is_found_once(self, log):
        log.append([outcome(NOW, sender="ann@one.example")])
        assert len(log.search(LogSearch(client="One", party="ann@one.example"), 10).rows) == 1

    def test_pages_run_from_the_newest_to_the_oldest_without_gap_over_the_months(self, log):
        events = [outcome(NOW - number * 3 * DAY_S, recipient(), recipient("eve@one.example")) for number in range(20)]
        log.append(random.Random(1).sample(events, len(events)))
        rows = everything(log, LogSearch(client="One"))
        assert [(row.id, row.recipient) for row in rows] == [
            (event.id, address) for event in events for address in ("eve@one.example", "ann@one.example")
        ]

    def test_what_comes_meanwhile_moves_no_page(self, log):
        log.append([outcome(NOW + number) for number in range(10)])
        first = log.search(LogSearch(client="One"), 5)
        log.append([outcome(NOW + 60)])
        second = log.search(LogSearch(client="One"), 5, first.following)
        assert len({*ids(first), *ids(second)}) == 10

    @pytest.mark.parametrize("wanted", [{"categories": frozenset({"P"})}, {"party": "x.example", "code_class": 5}])
    def test_a_rare_thing_among_many_is_found_little_by_little(self, log, monkeypatch, wanted):
        monkeypatch.setattr(statements, "MOST_LOOKED_AT", 5)
        rare = recipient(fate=Ending.REFUSED, category="P", reply="550 5.7.1 no")
        events = [
            outcome(NOW - number * DAY_S, rare if number in {3, 22, 23} else recipient(), sender="bob@x.example")
            for number in range(40)
        ]
        log.append(events)
        first = log.search(LogSearch(client="One", **wanted), 7)
        assert ids(first) == [events[3].id]
        assert first.following is not None
        rows = everything(log, LogSearch(client="One", **wanted))
        assert [row.id for row in rows] == [events[number].id for number in (3, 22, 23)]

    def test_a_client_sees_nothing_of_another(self, log):
        event = outcome(client="Two")
        log.append([event])
        assert log.search(LogSearch(client="One", party="bob@sender.example"), 10).rows == ()
        assert log.events(event.id, client="One") == ()
        assert log.events(event.id, client="Two") == (event,)

    def test_what_strangers_write_stops_nothing(self, log):
        hostile = outcome(
            NOW,
            recipient("a\0b\\\t\n%s:id@one.example"),
            recipient("é" * 400 + "@one.example"),
            sender="x\u202e'); DROP TABLE message_row; --@" + "y" * 500,
            ip="",
            reply="\0",
            subject="\0" * 300,
        )
        log.append([hostile, outcome(NOW + 1, id="no id"), outcome(NOW + 2, id="f" * 32), outcome(NOW + 3)])
        assert len(log.search(LogSearch(client="One"), 10).rows) == 3
        assert log.search(LogSearch(client="One' OR '1'='1", party="%"), 10).rows == ()
        assert log.events("../../x") == ()

    def test_an_empty_log_has_nothing_to_purge(self, log):
        assert log.oldest() == 0.0
        assert log.forget("One", NOW, 10) == 0
        assert log.purge(NOW) == 0

    def test_what_is_too_old_is_deleted_and_nothing_else(self, log):
        events = [outcome(NOW - number * DAY_S) for number in range(100)]
        log.append(events)
        assert abs(log.oldest() - (NOW - 99 * DAY_S)) < 1
        assert log.purge(NOW - 50 * DAY_S) == 49
        assert abs(log.oldest() - (NOW - 50 * DAY_S)) < 1
        found = [row.id for row in everything(log, LogSearch())]
        assert found == [event.id for event in events[:51]]
        assert log.events(events[-1].id) == ()
        log.append(events[:1])
        log.append([outcome(NOW)])
        assert len(everything(log, LogSearch())) == len(found) + 1

    def test_one_clients_old_messages_go_step_by_step_and_nothing_else(self, log):
        """15-8: its own days, to the millisecond; over two months, and with the events beside the rows."""
        border = NOW - 70 * DAY_S
        two = (recipient(), recipient("eve@one.example"))
        old = [outcome(border - 0.001 - number * 12 * DAY_S, *two) for number in range(5)]
        left = [outcome(border), outcome(border - DAY_S, client="Two"), outcome(NOW)]
        log.append([*old, delivery(old[0], 60, Ending.DELIVERED), *left])
        before = figures(log)
        verdicts = log.verdicts("One", 0, int(NOW // HOUR_S))
        gone = []
        while step := log.forget("One", border, 2):
            gone.append(step)
        assert sum(gone) == 10
        assert max(gone) <= 4
        assert ids(log.search(LogSearch(), 10)) == [left[2].id, left[0].id, left[1].id]
        told = log.events_of([each.id for each in (*old, *left)], "")
        assert {event.id for event in told} == {event.id for event in left}
        assert figures(log) == before  # They name nobody, and months are closed by them.
        assert log.verdicts("One", 0, int(NOW // HOUR_S)) == verdicts
        assert log.forget("Nobody", NOW, 2) == 0
