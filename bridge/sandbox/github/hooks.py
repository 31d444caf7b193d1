"""GitHub's webhooks: signed, delivered once, never retried by themselves (G2); kept for redelivery."""

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlencode

import requests

from bridge.sandbox.github.model import Hook, Repo, World

Json = dict[str, Any]
TIMEOUT = 10
"""Seconds until a delivery counts as failed (G1)."""


class Deliverer:
    """One thread that posts deliveries in the order in which they were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: queue.Queue[tuple[Hook, Json] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="github-webhooks")
        self._thread.start()

    def fire(self, repo: Repo, event: str, payload: Json) -> None:
        """Deliver an event to every hook that wants it: the repository's, and the App's that is installed."""
        installed = [self._world.app_hook] if self._world.app_hook.url else []
        for hook in [*repo.hooks.values(), *installed]:
            if hook.active and ("*" in hook.events or event in hook.events):
                self._queue.put((hook, self._delivery(event, payload, repository_id=repo.id)))

    def ping(self, hook: Hook) -> None:
        payload = {"zen": "Keep it logically awesome.", "hook_id": hook.id}
        self._queue.put((hook, self._delivery("ping", payload)))

    def again(self, hook: Hook, delivery: Json) -> None:
        """Redeliver: the same guid, a new numeric id (G5)."""
        repeat = self._delivery(
            delivery["event"],
            delivery["request"]["payload"],
            guid=delivery["guid"],
            repository_id=delivery["repository_id"],
        )
        self._queue.put((hook, {**repeat, "redelivery": True}))

    def close(self) -> None:
        self._queue.put(None)

    def _delivery(
        self, event: str, payload: Json, *, guid: str = "", repository_id: int | None = None
    ) -> Json:
        return {
            "id": self._world.next_id(),
            "guid": guid or str(uuid.uuid4()),
            "delivered_at": self._world.now(),
            "redelivery": False,
            "repository_id": repository_id,
            "event": event,
            "action": payload.get("action"),
            "request": {"payload": json.loads(json.dumps(payload))},
        }

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            hook, delivery = job
            began = time.monotonic()
            status, code = _post(hook, delivery)
            delivery |= {
                "status": status,
                "status_code": code,
                "duration": round(time.monotonic() - began, 2),
                "response": {"headers": {}, "payload": None},
            }
            with self._world.lock:
                hook.deliveries.insert(0, delivery)
            self._queue.task_done()


def _post(hook: Hook, delivery: Json) -> tuple[str, int]:
    body = json.dumps(delivery["request"]["payload"], ensure_ascii=False).encode()
    content_type = "application/json"
    if hook.content_type == "form":
        body, content_type = urlencode({"payload": body}).encode(), "application/x-www-form-urlencoded"
    headers = {
        "Content-Type": content_type,
        "User-Agent": "GitHub-Hookshot/sandbox",
        "X-GitHub-Event": delivery["event"],
        "X-GitHub-Delivery": delivery["guid"],
        "X-GitHub-Hook-ID": str(hook.id),
    }
    if hook.secret:  # G6: no secret, no signature
        key = hook.secret.encode()
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest()
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
    try:
        answer = requests.post(hook.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.Timeout:
        return "timed out", 0
    except requests.RequestException:
        return "failed to connect to host", 0
    return ("OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"), answer.status_code
