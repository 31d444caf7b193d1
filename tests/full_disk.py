"""Run by test_disk.py on a file system of 3 MB of its own: fills it, and looks at what is said and kept."""

import hashlib
import hmac
import io
import json
import os
import subprocess
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bridge.app import create_app, open_services
from bridge.config import load
from bridge.sandbox.server import env_lines
from bridge.sandbox.settings import SandboxSettings
from bridge.store import people
from bridge.store.tables import Delivery
from tests.settings import pairs

FORM = {
    "titulo": "Não salva produtos",
    "email_cliente": "admin@cliente.example",
    "ferramenta": "Sistema",
    "fluxo": "Cadastros; Salvar",
    "descricao": "Só as primeiras 500 linhas são salvas.",
}
SERIAL = count()


def knock(client: FlaskClient, secret: str) -> int:
    issue = {"id": "1", "key": "X-1", "fields": {"summary": "x" * 4000}}
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": issue}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "X-Hub-Signature": f"sha256={signature}",
        "X-Atlassian-Webhook-Identifier": f"knock-{next(SERIAL)}",
    }
    return client.post("/webhooks/jira", data=body, headers=headers).status_code


def file(client: FlaskClient, token: str, key: str) -> TestResponse:
    attached = {**FORM, "arquivos": (io.BytesIO(b"0" * 300_000), "registro.log")}
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    return client.post("/api/chamados", data=attached, headers=headers)


def main() -> None:
    folder = Path(os.environ["FOLDER"])
    lines = env_lines(SandboxSettings())
    environment = pairs(lines)
    environment["CHAMADOS_DATABASE_URL"] = f"sqlite:///{folder}/chamados.db"
    environment["CHAMADOS_FILES"] = str(folder / "files")
    services = open_services(load(environment))
    with services.store.begin() as db:
        partner = people.by_email(db, "parceiro@revenda.example")
        assert partner
        token = people.issue_token(db, partner)
    client = create_app(services).test_client()
    secret = environment["CHAMADOS_JIRA_WEBHOOK_SECRET"]

    taken = 0
    while (status := knock(client, secret)) == 202:
        taken += 1
    assert status == 503, status
    refused = file(client, token, "first")
    assert refused.status_code == 503, refused.text
    assert refused.headers["Retry-After"], dict(refused.headers)
    with services.store.read() as db:
        assert db.query(Delivery).count() == taken, "an acknowledged delivery is gone"

    subprocess.run(["mount", "-o", "remount,size=12m", str(folder)], check=True)
    assert knock(client, secret) == 202
    assert file(client, token, "first").status_code == 201
    print("as told")


main()
