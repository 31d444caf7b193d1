"""Webhooks on their way: lost, repeated, late and out of order, as the weather has it."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from bridge.clients.github import FailedDelivery
from bridge.services import Services
from tests.simulation.installation import SECRET
from tests.simulation.records import START, Webhook
from tests.simulation.weather import Weather
from webhooks import github, jira

SILENCE, LAST_HOURS = timedelta(days=2), timedelta(hours=2)


class Post:
    def __init__(
        self,
        weather: Weather,
        later: Callable[[float, Callable[[], object]], None],
        *,
        silent: bool,
    ) -> None:
        self.failed: list[tuple[datetime, FailedDelivery]] = []
        """What GitHub knows not to have arrived."""
        self._weather = weather
        self._later = later
        self._silent = silent
        """For two days GitHub tells nothing, in the last two hours Jira neither."""
        self._lost: dict[str, Webhook] = {}
        self._serial = itertools.count()

    def open(self, services: Services) -> None:
        """Deliver to these from now on."""
        app = Flask("simulation")
        for receiver in (github, jira):
            app.register_blueprint(receiver.blueprint(services))
        self._http = app.test_client()

    def send(self, webhook: Webhook) -> None:
        weather, dice = self._weather, self._weather.dice
        if weather.calm:
            self._later(0.2, lambda: self._deliver(webhook))
            return
        if self._silent and (webhook.source == "github" or weather.clock() > START + SILENCE - LAST_HOURS):
            return
        if dice.random() < weather.drop:
            if webhook.source == "github" and dice.random() < 0.5:
                self._lost[webhook.guid] = webhook
                number = next(self._serial)
                failed = FailedDelivery(guid=webhook.guid, hook_id=1, delivery_id=number)
                self.failed.append((weather.clock(), failed))
            return
        for _ in range(dice.randint(2, 5) if dice.random() < weather.repeat else 1):
            delay = dice.choices(
                (dice.uniform(0.05, 1), dice.uniform(1, 40), dice.uniform(40, 1200)), (6, 3, 1)
            )
            self._later(delay[0], lambda: self._deliver(webhook))

    def redeliver(self, failed: FailedDelivery) -> None:
        self._later(1, lambda: self._deliver(self._lost[failed.guid]))

    def _deliver(self, webhook: Webhook) -> None:
        body = json.dumps(webhook.body).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "github": {
                "X-GitHub-Delivery": webhook.guid,
                "X-GitHub-Event": webhook.event,
                "X-Hub-Signature-256": signature,
            },
            "jira": {"X-Atlassian-Webhook-Identifier": webhook.guid, "X-Hub-Signature": signature},
        }[webhook.source]
        with self._weather.by_others():
            answer = self._http.post(f"/webhooks/{webhook.source}", data=body, headers=headers)
        assert answer.status_code in {200, 202}, answer.text
        self._weather.log(f"   webhook {webhook.event} {webhook.guid}: {answer.json['outcome']}")
