"""What is remembered of routes that do not answer."""

from __future__ import annotations

from ecluse.domain.policy import Policy, Route
from ecluse.mta.delivery import routes as routes_module
from ecluse.mta.delivery.connecting import NoConnection
from ecluse.mta.delivery.routes import ROUTE_REST_S, Routes


class Silent:
    """Next hops of which none answers."""

    def __init__(self):
        self.asked = []

    async def trouble_with(self, route, *, deadline):
        self.asked.append(route)
        return NoConnection("no answer")


def routes_to(*numbers):
    return tuple(Route(f"192.0.2.{number}", 25) for number in numbers)


async def test_a_route_that_stays_down_is_forgotten_after_its_rest(monkeypatch):
    monkeypatch.setattr(routes_module, "MAX_RESTING", 10)
    now, hops = [0.0], Silent()
    routes = Routes(hops, None, clock=lambda: now[0])
    first, second = routes_to(1, 2)
    for number in range(3, 100):
        await routes.answer(Policy("", "a.example", routes_to(number)), 1.0)
        now[0] += ROUTE_REST_S / 5
    assert len(routes._resting) <= 11
    await routes.answer(Policy("", "a.example", (first,)), 1.0)
    hops.asked.clear()
    await routes.answer(Policy("", "a.example", (first, second)), 1.0)
    assert hops.asked == [second, first]  # Those that rest still do.
