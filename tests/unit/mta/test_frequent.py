"""Figures that every message moves."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from ecluse.mta.frequent import FrequentCounter, FrequentHistogram, flush

BOUNDS = (0.1, 1.0, 5.0)


def test_what_was_counted_shows_after_a_flush_and_once():
    registry = CollectorRegistry()
    counter = FrequentCounter("mail", "Mail.", ["way"], registry=registry)
    counter.labels("in").inc()
    counter.labels("in").inc(2)
    assert registry.get_sample_value("mail_total", {"way": "in"}) == 0
    flush()
    flush()
    assert registry.get_sample_value("mail_total", {"way": "in"}) == 3


def figures(counter: type[Counter], histogram: type[Histogram]) -> list[bytes]:
    registry = CollectorRegistry()
    mail = counter("mail", "Mail.", ["way"], registry=registry)
    seconds = histogram("seconds", "Seconds.", ["stage"], registry=registry, buckets=BOUNDS)
    for amount in (0.0, 0.1, 0.11, 1.0, 3.0, 5.0, 5.1, 300.0):
        mail.labels("in").inc()
        seconds.labels("act").observe(amount)
    flush()
    seconds.labels("act").observe(0.5)
    flush()
    return [line for line in generate_latest(registry).splitlines() if b"_created" not in line]


def test_the_page_is_that_of_the_library_itself():
    assert figures(FrequentCounter, FrequentHistogram) == figures(Counter, Histogram)
