"""`/metrics`: one moment's numbers from the database, the same whichever process is asked."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.services import Services
from bridge.store.counts import Counts, counts


class Metrics(Collector):
    """Asks the database at each scrape. Few labels, and none that names a ticket or a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the registry would scrape to find out."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = self._services.clock()
        found = counts(self._services.store, now=now)
        yield from _webhooks(found)
        yield from _tickets(found, now)
        yield from _mails(found, now)
        ages = {name: _age(at, now) for name, at in found.swept.items() if at}
        yield _gauge("sweep_age_seconds", "Since a sweep for missed changes last ended well", "sweep", ages)
        rests = {remote: -_age(until, now) for remote, until in found.pauses.items()}
        yield _gauge("pause_seconds", "Until a remote's longest pause ends", "remote", rests)


def _webhooks(found: Counts) -> Iterator[Metric]:
    deliveries = CounterMetricFamily(
        "chamados_deliveries", "Webhooks recorded, by what became of them", labels=["source", "result"]
    )
    for (source, result), value in found.deliveries.items():
        deliveries.add_metric([source, result], value)
    yield deliveries
    refused = CounterMetricFamily(
        "chamados_webhooks_refused", "Requests without a valid signature", labels=["source"]
    )
    for source, (value, _) in found.refused.items():
        refused.add_metric([source], value)
    yield refused


def _tickets(found: Counts, now: datetime) -> Iterator[Metric]:
    yield _gauge("tickets", "Tickets, by status", "status", found.tickets)
    yield _gauge("tickets_unsettled", "Tickets that wait for something, by what", "state", found.unsettled)
    waiting = _age(found.waiting_since, now)
    yield GaugeMetricFamily(
        "chamados_tickets_oldest_waiting_seconds", "Since the longest waiting doorbell rang", value=waiting
    )
    yield GaugeMetricFamily(
        "chamados_tickets_retries", "Failed tries in a row, of all tickets that wait", value=found.retries
    )


def _mails(found: Counts, now: datetime) -> Iterator[Metric]:
    yield _gauge("mails", "E-mails, by state", "state", found.mails)
    queued = _age(found.queued_since, now)
    yield GaugeMetricFamily(
        "chamados_mails_oldest_queued_seconds", "Since the oldest unsent e-mail was written", value=queued
    )


def _gauge(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"chamados_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds; 0 where nothing waits."""
    return (now - since).total_seconds() if since else 0.0
