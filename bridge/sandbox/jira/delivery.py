"""Carries webhooks out: at least once, in no order, with Jira's own ideas of when to try again."""

import hashlib
import heapq
import hmac
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import requests

RETRIED = frozenset((408, 409, 425, 429))  # J1, and every 5xx
TIMEOUT = (5, 20)  # J10: connect, response
WORKERS = 4  # J4: several in flight at once, so no order


@dataclass(kw_only=True)
class Delivery:
    """One event for one webhook, with what became of it."""

    id: str  # X-Atlassian-Webhook-Identifier: the same across retries (J3)
    hook: str
    event: str
    url: str
    body: bytes
    secret: str | None
    flow: str  # Primary or Secondary (J3)
    delays: tuple[float, ...]
    attempts: int = 0
    status: int | None = None
    state: str = "waiting"

    def headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": self.id,
            "X-Atlassian-Webhook-Flow": self.flow,
        }
        if self.attempts:  # J3: absent on the first attempt
            headers["X-Atlassian-Webhook-Retry"] = str(self.attempts)
        if self.secret:  # J7: only with a secret
            digest = hmac.new(self.secret.encode(), self.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        return headers

    def shown(self) -> dict[str, Any]:
        names = ("id", "hook", "event", "url", "status", "attempts", "state")
        return {name: getattr(self, name) for name in names}


@dataclass
class Postman:
    """Daemon threads over one queue ordered by due time; started by the first delivery."""

    log: list[Delivery] = field(default_factory=list)
    _due: list[tuple[float, int, Delivery]] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)
    _bell: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closed: bool = False

    def send(self, delivery: Delivery, *, copies: int = 1) -> None:
        with self._bell:
            if self._closed:
                return
            self.log.append(delivery)
            for _ in range(copies):  # J5: some are delivered more than once
                self._queue(delivery, 0)
            while len(self._threads) < WORKERS:
                thread = threading.Thread(target=self._work, name="jira-webhooks", daemon=True)
                self._threads.append(thread)
                thread.start()

    def clear(self) -> None:
        """Forget everything; what is in flight is not tried again."""
        with self._bell:
            for delivery in self.log:
                delivery.delays = ()
            self.log, self._due = [], []

    def close(self) -> None:
        with self._bell:
            self._closed = True
            self._due = []
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=1)

    def _queue(self, delivery: Delivery, delay: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + delay, next(self._serial), delivery))
        self._bell.notify()

    def _work(self) -> None:
        while (delivery := self._take()) is not None:
            status = _post(delivery)
            with self._bell:
                self._settle(delivery, status)

    def _take(self) -> Delivery | None:
        with self._bell:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._bell.wait(wait)
        return None

    def _settle(self, delivery: Delivery, status: int | None) -> None:
        tried, delivery.status = delivery.attempts, status
        delivery.attempts += 1
        if status is not None and status < 300:
            delivery.state = "delivered"
        elif not _worth_retrying(status):
            delivery.state = "refused"  # J1: other 4xx are never resent
        elif tried < len(delivery.delays) and not self._closed:
            delivery.state = "retrying"
            self._queue(delivery, delivery.delays[tried])
        else:
            delivery.state = "given up"


def _worth_retrying(status: int | None) -> bool:
    """J1: refused connection, timeout (None), 408, 409, 425, 429 and 5xx."""
    return status is None or status in RETRIED or status >= 500


def _post(delivery: Delivery) -> int | None:
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment must not see loopback traffic
        try:
            answer = session.post(
                delivery.url,
                data=delivery.body,
                headers=delivery.headers(),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None
        return answer.status_code
