"""GitHub's webhooks: which tickets an event is about."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from bridge.rules.keys import keys_in
from bridge.services import Services
from bridge.store import facts
from mappings.model import Category
from webhooks.events import Payload, Ringing, Router, ignored
from webhooks.inbox import Letter, receive

router = Router()


def blueprint(services: Services) -> Blueprint:
    views = Blueprint("webhooks_github", __name__)

    @views.post("/webhooks/github")
    def github() -> Response:
        return receive(
            services,
            source="github",
            signature_header="X-Hub-Signature-256",
            secrets=services.config.github.webhook_secrets,
            letter=_letter,
            dispatch=router.dispatch,
        )

    return views


def _letter(body: bytes) -> Letter | None:
    # The id stays the same when a delivery is sent again (G5).
    delivery_id = request.headers.get("X-GitHub-Delivery", "")
    event = request.headers.get("X-GitHub-Event", "")
    return (
        Letter(source="github", delivery_id=delivery_id[:128], event=event, body=body)
        if delivery_id
        else None
    )


@router.on("pull_request", "pull_request_review")
def pull_request_changed(services: Services, db: Session, payload: Payload) -> Ringing:
    one, repository = payload["pull_request"], payload["repository"]
    name = f"{repository['full_name']}#{one['number']}"
    if foreign := _foreign(services, repository):
        return foreign
    keys = keys_in(one["head"]["ref"], one["title"], one.get("body"))
    tickets = {
        *facts.tickets_by_key(db, keys).values(),
        *facts.tickets_of_pull_request(db, repository_id=repository["id"], number=one["number"]),
    }
    if not tickets:
        return _nobody(keys)
    return _ringing("pull_request", name, tickets, f"{name} {payload.get('action', 'changed')}")


@router.on("create", "push")
def branch_pushed(services: Services, db: Session, payload: Payload) -> Ringing:
    """A branch that names a ticket means that work has begun."""
    repository, ref = payload["repository"], payload["ref"]
    branch = ref.removeprefix("refs/heads/")
    is_branch = payload.get("ref_type") == "branch" or (branch != ref and not payload.get("deleted"))
    if not is_branch:
        return ignored(f"{ref} is not a branch that is there")
    if foreign := _foreign(services, repository):
        return foreign
    keys = keys_in(branch)
    tickets = set(facts.tickets_by_key(db, keys).values())
    if not tickets:
        return _nobody(keys)
    tickets -= facts.tickets_of_branch(db, repository_id=repository["id"], name=branch)
    if not tickets:
        return ignored(f"branch {branch} is known already")
    subject = f"{repository['full_name']} {repository['id']} {branch}"
    return _ringing("branch", subject, tickets, f"branch {branch} pushed")


@router.on("deployment_status")
def deployment_ended(services: Services, db: Session, payload: Payload) -> Ringing:
    deployment, repository = payload["deployment"], payload["repository"]
    state = payload["deployment_status"]["state"]
    if foreign := _foreign(services, repository):
        return foreign
    if state != "success":
        return ignored(f"deployment {deployment['id']} is {state}, which moves nothing")
    subject = f"{repository['full_name']}#{deployment['id']}"
    return _published(services, db, repository, "deployment", subject)


@router.on("release")
def release_published(services: Services, db: Session, payload: Payload) -> Ringing:
    release, repository = payload["release"], payload["repository"]
    action = payload.get("action")
    if foreign := _foreign(services, repository):
        return foreign
    if action not in {"published", "released"}:
        return ignored(f"a release that was {action} moves nothing")
    subject = f"{repository['full_name']}#{release['tag_name']}"
    return _published(services, db, repository, "release", subject)


@router.on("ping")
def ping(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored("ping: the webhook works")


def _published(
    services: Services, db: Session, repository: dict[str, Any], kind: str, subject: str
) -> Ringing:
    """Which tickets it contains only a comparison of commits tells; those that may be concerned are rung."""
    done = {
        status.name
        for status in services.mappings.workflow.statuses.values()
        if status.category is Category.DONE
    }
    tickets = set(facts.tickets_of_repository(db, repository_id=repository["id"], except_statuses=done))
    if not tickets:
        return ignored("no open ticket has a pull request in this repository")
    return _ringing(kind, subject, tickets, f"{kind} {subject}")


def _foreign(services: Services, repository: dict[str, Any]) -> Ringing | None:
    ours = services.config.github.repositories
    if ours and repository["full_name"].lower() not in ours:
        return ignored(f"{repository['full_name']} is not in CHAMADOS_GITHUB_REPOSITORIES")
    return None


def _nobody(keys: set[str]) -> Ringing:
    if not keys:
        return ignored("no ticket named")
    return ignored(f"no ticket named ({', '.join(sorted(keys)[:5])} is none of ours)")


def _ringing(kind: str, subject: str, tickets: set[int], what: str) -> Ringing:
    rung = tuple(sorted(tickets))
    names = ", ".join(f"CT-{ticket_id}" for ticket_id in rung)
    return Ringing(kind=kind, subject=subject, tickets=rung, outcome=f"rang {names}: {what}")
