"""A busy database and a full disk: what was acknowledged is kept, the rest is asked for again."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from bridge.store import engine
from tests.world import SECONDS, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STILL = pytest.mark.parametrize("world", [{"still": True}], indirect=True)


def knock(world: World, number: int) -> requests.Response:
    """A signed webhook, as Jira sends it."""
    body = json.dumps(
        {"webhookEvent": "jira:issue_updated", "issue": {"id": str(number), "key": "X-1"}}
    ).encode()
    secret = world.environment["CHAMADOS_JIRA_WEBHOOK_SECRET"].encode()
    headers = {
        "X-Hub-Signature": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest(),
        "X-Atlassian-Webhook-Identifier": f"knock-{number}",
    }
    url = f"{world.environment['CHAMADOS_PUBLIC_URL']}/webhooks/jira"
    return requests.post(url, data=body, headers=headers, timeout=SECONDS)


@SQLITE
@STILL
@pytest.mark.parametrize(("patience", "status"), [(5.0, 202), (0.2, 503)])
def test_a_busy_writer_delays_answers_and_loses_none(
    world: World, monkeypatch: pytest.MonkeyPatch, patience: float, status: int
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", patience)
    answers: list[requests.Response] = []
    knocking = [threading.Thread(target=lambda n=n: answers.append(knock(world, n))) for n in range(8)]
    with world.services.store.begin():
        for thread in knocking:
            thread.start()
        # Held until the impatient have given up; the patient wait for the end of this block.
        for thread in knocking if status == 503 else ():
            thread.join(SECONDS)
        knocking[0].join(0.5)
    for thread in knocking:
        thread.join(SECONDS)
    assert [one.status_code for one in answers] == [status] * 8
    assert len(world.deliveries()) == (8 if status == 202 else 0)
    if status == 503:
        assert int(answers[0].headers["Retry-After"]) > 0
        monkeypatch.setattr(engine, "BUSY_SECONDS", SECONDS)
        assert knock(world, 1).status_code == 202


TMPFS = """
mount -t tmpfs -o size=3m none "$FOLDER" && exec "$PYTHON" -m tests.full_disk
"""


def test_a_full_disk_is_told_and_what_was_acknowledged_is_kept(tmp_path: Path) -> None:
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no own mounts here (unshare --user --mount)")
    environment = {**os.environ, "FOLDER": str(tmp_path), "PYTHON": sys.executable}
    done = subprocess.run(
        [*alone, "sh", "-c", TMPFS], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "as told" in done.stdout
