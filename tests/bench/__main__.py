"""Each command prints its figures."""

import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlsplit

import click
import requests

from bridge.cli.waiting import free_port, until
from tests.bench.bulk import bulk
from tests.bench.calls import calls
from tests.bench.installation import Installation, installation
from tests.bench.portal import portal
from tests.bench.scaling import scaling

SERIAL = count(1)


def _signed(place: Installation, issue: dict[str, object]) -> tuple[bytes, dict[str, str]]:
    payload = {
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": issue["id"], "key": issue["key"], "fields": {"labels": []}},
        "user": {"accountId": "somebody"},
    }
    body = json.dumps(payload).encode()
    secret = place.environment["CHAMADOS_JIRA_WEBHOOK_SECRET"].encode()
    return body, {
        "Content-Type": "application/json",
        "X-Hub-Signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "X-Atlassian-Webhook-Identifier": f"bench-{next(SERIAL)}",
    }


@click.group()
def main() -> None:
    """Timed figures; run on an idle machine."""


@main.command()
@click.option("--tickets", default=100)
@click.option("--latency", default=100, help="Milliseconds of each call to Jira.")
@click.option("--rounds", default=5)
def webhooks(tickets: int, latency: int, rounds: int) -> None:
    """So many webhooks for as many tickets at once: how long until all are settled."""
    with installation() as place, ThreadPoolExecutor(20) as pool:
        place.file(tickets)
        place.latency(latency)
        issues = place.issues()
        for _ in range(rounds):
            letters = [_signed(place, issue) for issue in issues]
            began = time.monotonic()
            answers = list(pool.map(lambda one: _alone(f"{place.url}/webhooks/jira", *one), letters))
            received = time.monotonic() - began
            assert until(lambda: place.waiting() == 0, seconds=60)
            settled = time.monotonic() - began
            click.echo(
                f"{tickets} webhooks, {latency} ms Jira: received in {received:.2f} s, "
                f"settled in {settled:.2f} s, answers {set(answers)}"
            )


@main.command()
@click.option("--rate", default=200, help="Requests a second.")
@click.option("--seconds", default=60)
def receiver(rate: int, seconds: int) -> None:
    """Signed webhooks at a steady rate with Jira down: answer times, losses, memory, and a bare route's."""
    with installation() as place:
        place.file(20)
        issues = place.issues()
        fault = {"match": "* /jira/*", "do": "503", "times": 10_000_000}
        requests.post(f"{place.sandbox}/_sandbox/faults", json=fault, timeout=10)
        ours = _steady(place, f"{place.url}/webhooks/jira", issues, rate=rate, seconds=seconds)
        kept = place.count("deliveries WHERE delivery_id LIKE 'bench-%'")
        memory = place.megabytes()
        bare_port = free_port()
        bare = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "16", "-b",
             f"127.0.0.1:{bare_port}", "--log-level", "error", "tests.bench.bare:app"]
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{bare_port}/"
            assert until(lambda: _up(url), seconds=20)
            theirs = _steady(place, url, issues, rate=rate, seconds=min(seconds, 20))
        finally:
            bare.terminate()
            bare.wait(20)
    lost = sum(status == 202 for status, _ in ours) - kept
    ratio = _quantile(ours, 0.99) / _quantile(theirs, 0.99)
    click.echo(
        f"{len(ours)} requests at {rate}/s, Jira down: {lost} acknowledged and not kept, "
        f"answers { {status: sum(one == status for one, _ in ours) for status, _ in ours} }, "
        f"p50 {_quantile(ours, 0.5):.1f} ms, p99 {_quantile(ours, 0.99):.1f} ms "
        f"({ratio:.1f} times a bare Flask route), {memory:.0f} MB"
    )


@main.command()
@click.option("--seconds", default=60)
def idle(seconds: int) -> None:
    """How much of one CPU a process with nothing to do takes."""
    with installation() as place:
        time.sleep(5)
        before = place.cpu_seconds()
        time.sleep(seconds)
        share = (place.cpu_seconds() - before) / seconds
        click.echo(f"idle for {seconds} s: {share:.2%} of one CPU, {place.megabytes():.0f} MB")


def _steady(
    place: Installation, url: str, issues: list[dict[str, object]], *, rate: int, seconds: int
) -> list[tuple[int, float]]:
    """(status, milliseconds) of each request; sent on time, however long answers take."""
    connections = threading.local()

    def send(number: int, due: float) -> tuple[int, float]:
        body, headers = _signed(place, issues[number % len(issues)])
        time.sleep(max(due - time.monotonic(), 0))
        began = time.monotonic()
        if not hasattr(connections, "mine"):
            connections.mine = _connection(url)
        status = _post(connections.mine, url, body, headers)
        return status, (time.monotonic() - began) * 1000

    start = time.monotonic() + 0.5
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(send, range(rate * seconds), (start + n / rate for n in range(rate * seconds))))


# Python's own client: what the sender takes of two cores, the server that is measured lacks.


def _connection(url: str) -> HTTPConnection:
    return HTTPConnection(urlsplit(url).netloc, timeout=30)


def _post(connection: HTTPConnection, url: str, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", urlsplit(url).path, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


def _alone(url: str, body: bytes, headers: dict[str, str]) -> int:
    """One request on a connection of its own."""
    with closing(_connection(url)) as connection:
        return _post(connection, url, body, headers)


def _quantile(answers: list[tuple[int, float]], share: float) -> float:
    times = sorted(milliseconds for _, milliseconds in answers)
    return times[int(len(times) * share)]


def _up(url: str) -> bool:
    try:
        return requests.post(url, timeout=2).ok
    except requests.RequestException:
        return False


main.add_command(bulk)
main.add_command(calls)
main.add_command(portal)
main.add_command(scaling)
main()
