"""What is said of every real GitHub payload, and of some that differ from one by a field.

`python -m tests.outcomes` prints the table of tests/outcomes.txt, which is read by eye when it changes.
The board: CT-1 is CHAM-1, and has pull request 2 of Codertocat/Hello-World, which most payloads show.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bridge.config import load
from bridge.domain import PullRequest
from bridge.services import Services, build
from bridge.store import Store, people, pulls, schema
from bridge.store.filing import Submission, file_ticket
from mappings import load as load_mappings
from tests.settings import SETTINGS
from webhooks.events import Malformed
from webhooks.github import router

SHARED = Path(os.environ.get("CHAMADOS_SHARED") or Path(__file__).parents[2] / "shared")
TABLE = Path(__file__).with_name("outcomes.txt")
Json = dict[str, Any]
GO_SCM = (
    (r"branch_create|tag_create", "create"),
    (r"branch_delete|tag_delete", "delete"),
    (r"check_run.*", "check_run"),
    (r"check_suite.*", "check_suite"),
    (r"installation_repository", "installation_repositories"),
    (r"installation.*", "installation"),
    (r"label_.*", "label"),
    (r"pr_comment|issue_comment", "issue_comment"),
    (r"pr_review_submitted", "pull_request_review"),
    (r"pr_.*", "pull_request"),
    (r"push.*", "push"),
)
"""The events of those files that do not bear them as names."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    name: str
    event: str
    body: bytes


def real(shared: Path) -> Iterator[Letter]:
    folder = shared / "data" / "github-webhooks"
    for one in sorted(folder.glob("*/*.json")):
        name = f"{one.parent.name}/{one.stem}"
        yield Letter(name=name, event=_event(one), body=one.read_bytes())


def _event(file: Path) -> str:
    if file.parent.name == "octokit":
        return file.name.partition(".")[0]
    return next((event for pattern, event in GO_SCM if re.fullmatch(pattern, file.stem)), file.stem)


def derived(shared: Path) -> Iterator[Letter]:
    """What the real payloads lack: each from a neighbour, by one edit."""
    folder = shared / "data" / "github-webhooks" / "octokit"
    for (neighbour, said), edit in EDITS.items():
        payload = json.loads((folder / f"{neighbour}.json").read_bytes())
        edit(payload)
        body = json.dumps(payload).encode()
        yield Letter(name=f"{neighbour} {said}", event=neighbour.partition(".")[0], body=body)


def _set(*path: str, to: Any) -> Callable[[Json], None]:
    def edit(payload: Json) -> None:
        place = payload
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return edit


def _elsewhere(edit: Callable[[Json], None]) -> Callable[[Json], None]:
    """The same of pull request 9, which no ticket knows."""

    def both(payload: Json) -> None:
        payload["pull_request"]["number"] = 9
        edit(payload)

    return both


EDITS: dict[tuple[str, str], Callable[[Json], None]] = {
    ("pull_request.closed.1", "+merged"): _set("pull_request", "merged", to=True),
    ("pull_request.opened.1", "+draft"): _set("pull_request", "draft", to=True),
    ("pull_request.opened.1", "+other"): _elsewhere(lambda payload: None),
    ("pull_request.opened.1", "+title CHAM-1"): _elsewhere(
        _set("pull_request", "title", to="CHAM-1 Corrige")
    ),
    ("pull_request.opened.1", "+title CHAM-2"): _elsewhere(
        _set("pull_request", "title", to="CHAM-2 Corrige")
    ),
    ("pull_request.opened.1", "+title fix_CHAM-1"): _elsewhere(
        _set("pull_request", "title", to="fix_CHAM-1: corrige")
    ),
    ("pull_request.opened.1", "+title UTF-8"): _elsewhere(_set("pull_request", "title", to="Lê UTF-8")),
    ("pull_request.opened.1", "+body CHAM-1"): _elsewhere(_set("pull_request", "body", to="Fecha CHAM-1.")),
    ("pull_request.opened.1", "+branch cham-1-x"): _elsewhere(
        _set("pull_request", "head", "ref", to="cham-1-x")
    ),
    ("pull_request.closed.1", "+head deleted"): _set("pull_request", "head", "repo", to=None),
    ("pull_request_review.submitted.1", "+approved"): _set("review", "state", to="approved"),
    ("pull_request_review.submitted.1", "+changes requested"): _set(
        "review", "state", to="changes_requested"
    ),
    ("pull_request_review.submitted.1", "+ghost"): _set("review", "user", to=None),
    ("deployment_status.created.1", "+url"): _set(
        "deployment_status", "environment_url", to="https://hml.example"
    ),
    ("deployment_status.created.1", "+staging"): _set("deployment", "environment", to="homologacao"),
    ("deployment_status.created.1", "+failure"): _set("deployment_status", "state", to="failure"),
    ("deployment_status.created.1", "+preview"): _set("deployment", "environment", to="preview-7"),
    ("push.-.1", "+branch CHAM-1-x"): _set("ref", to="refs/heads/CHAM-1-x"),
    ("push.-.1", "+branch joao_cham-1"): _set("ref", to="refs/heads/joao_cham-1"),
    ("push.-.1", "+branch joao_cham-2"): _set("ref", to="refs/heads/joao_cham-2"),
    ("push.-.1", "+branch UTF-8"): _set("ref", to="refs/heads/UTF-8"),
}


def sentences(shared: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'chamados.db'}")
        schema.prepare(store)
        services = build(load(SETTINGS), load_mappings(), store)
        with store.begin() as db:
            _board(services, db)
        with store.read() as db:
            for one in [*real(shared), *derived(shared)]:
                yield _sentence(services, db, one)
        store.close()


def _board(services: Services, db: Session) -> None:
    now = services.clock()
    partner = people.register(db, name="Revenda", email="a@b.example", now=now)
    db.flush()
    ticket = file_ticket(db, Submission(partner=partner, answers={"titulo": "t"}), status="Doing", now=now)
    ticket.jira_key, ticket.jira_id = "CHAM-1", "10001"
    known = PullRequest(
        repository_id=186853002,
        repository="Codertocat/Hello-World",
        number=2,
        title="CHAM-1 Corrige",
        body="",
        url="https://github.example/Codertocat/Hello-World/pull/2",
        author="Codertocat",
        branch="changes",
        head="ec26c3e57ca3a959ca5aad62de7213c562f8c821",
        is_open=True,
        draft=False,
        merged=False,
        merge_commit="",
        reviews=(),
    )
    pulls.remember(db, known, now=now)
    pulls.belong(db, ticket.id, known, now=now)


def _sentence(services: Services, db: Session, one: Letter) -> str:
    payload = json.loads(one.body)
    action = payload.get("action") if isinstance(payload.get("action"), str) else ""
    try:
        outcome = router.dispatch(one.event, services, db, payload).outcome
    except Malformed as error:
        outcome = f"unreadable: {error}"
    return f"{one.name:<50} | {one.event}{'.' * bool(action)}{action} | {outcome}"


if __name__ == "__main__":
    for line in sentences(SHARED):
        print(line)
