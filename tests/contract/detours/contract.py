"""What every store of detours promises."""

from dataclasses import replace

from ecluse.domain.detour import Detour
from ecluse.ports.detours import Detours

NOW = 1_764_000_000.0
BOTH = Detour("A", "b.example", "192.0.2.25", 25, NOW + 60)


def way(detours, client="A", destination="b.example", now=NOW):
    detour = detours.find(client, destination, now)
    return detour and detour.host


class DetoursContract:
    """An adapter joins by one subclass that gives `detours`, empty."""

    def test_at_first_all_mail_goes_by_mx(self, detours: Detours):
        assert way(detours) is None
        assert list(detours.all()) == []

    def test_a_detour_is_for_its_client_and_domain_alone(self, detours: Detours):
        detours.put(BOTH)
        assert detours.find("A", "b.example", NOW) == BOTH
        assert way(detours, client="B") is None
        assert way(detours, destination="c.example") is None

    def test_one_may_be_for_all_clients_or_all_domains(self, detours: Detours):
        detours.put(replace(BOTH, client="", host="domain"))
        detours.put(replace(BOTH, destination="", host="client"))
        assert way(detours, client="B") == "domain"
        assert way(detours, destination="c.example") == "client"
        assert way(detours, client="B", destination="c.example") is None

    def test_the_narrowest_counts(self, detours: Detours):
        detours.put(replace(BOTH, destination="", host="client"))
        detours.put(replace(BOTH, client="", host="domain"))
        assert way(detours) == "domain"
        detours.put(BOTH)
        assert way(detours) == BOTH.host

    def test_it_ends_at_its_time_and_a_wider_one_counts_then(self, detours: Detours):
        detours.put(BOTH)
        detours.put(replace(BOTH, client="", host="domain", until=NOW + 120))
        assert way(detours, now=NOW + 59) == BOTH.host
        assert way(detours, now=NOW + 60) == "domain"
        assert way(detours, now=NOW + 120) is None

    def test_it_ends_by_order_once(self, detours: Detours):
        detours.put(BOTH)
        assert not detours.end("A", "")
        assert detours.end("A", "b.example")
        assert not detours.end("A", "b.example")
        assert way(detours) is None
