"""What every store of outages promises."""

import pytest

from ecluse.domain.outage import Outage
from ecluse.ports.outages import Outages

ONE = Outage("one.example", since=1_764_000_000.25)


class OutagesContract:
    """An adapter joins by one subclass that gives `outages`, empty."""

    def test_at_first_everybody_is_in_reach(self, outages: Outages):
        assert outages.find("one.example") is None
        assert list(outages.all()) == []

    def test_an_outage_lasts_until_it_is_ended(self, outages: Outages):
        outages.save(ONE)
        assert outages.find("one.example") == ONE
        outages.end("one.example")
        assert outages.find("one.example") is None

    def test_a_warning_is_remembered(self, outages: Outages):
        outages.save(ONE)
        warned = Outage(ONE.destination, ONE.since, warned_h=24)
        outages.save(warned)
        assert outages.find("one.example") == warned

    def test_an_outage_that_never_was_may_be_ended(self, outages: Outages):
        outages.end("one.example")

    def test_all_that_last_are_listed(self, outages: Outages):
        two = Outage("two.example", 5.0)
        for outage in (ONE, two, Outage("three.example", 6.0)):
            outages.save(outage)
        outages.end("three.example")
        assert sorted(outages.all(), key=lambda outage: outage.since) == [two, ONE]

    def test_the_list_may_be_changed_while_it_is_read(self, outages: Outages):
        outages.save(ONE)
        outages.save(Outage("two.example", 5.0))
        for outage in outages.all():
            outages.end(outage.destination)
        assert list(outages.all()) == []

    @pytest.mark.parametrize("name", ["x" * 600, "[192.0.2.1]", "bücher", "\udcff"])
    def test_any_destination_can_be_named(self, outages: Outages, name):
        if name != "\udcff":
            outages.save(Outage(name, 1.0))
            assert outages.find(name) == Outage(name, 1.0)
        assert outages.find(f"{name}y") is None
