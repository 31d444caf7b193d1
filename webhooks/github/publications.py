"""Deployments, releases and workflow runs."""

from typing import Any

from sqlalchemy.orm import Session

from bridge.rules.stages import ENDED, stage_of, stage_of_workflow
from bridge.services import Services
from bridge.store import facts, pulls
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import foreign, ringing, router


@router.on("deployment_status")
def deployment_ended(services: Services, db: Session, payload: Payload) -> Ringing:
    deployment, status, repository = (
        payload["deployment"],
        payload["deployment_status"],
        payload["repository"],
    )
    number, state, environment = deployment["id"], status["state"], deployment["environment"]
    if strange := foreign(services, db, repository):
        return strange
    if stage_of(environment, services.mappings.workflow.environments) is None:
        return ignored(f"environment {environment} is neither staging nor production")
    subject = f"{repository['full_name']}#{number}@{status['id']}"
    if state == "success":
        return _published(services, db, repository, "deployment", subject)
    if state not in ENDED:
        return ignored(f"deployment {number} is {state}, which moves nothing")
    tickets = set(facts.tickets_of_publication(db, identity=f"deployment:{number}"))
    if not tickets:
        return ignored(f"deployment {number} is {state}, which moves nothing")
    return ringing("deployment", subject, tickets, f"deployment {number} is {state}")


@router.on("release")
def release_published(services: Services, db: Session, payload: Payload) -> Ringing:
    release, repository = payload["release"], payload["repository"]
    action = payload.get("action")
    if strange := foreign(services, db, repository):
        return strange
    if action not in {"published", "released"}:
        return ignored(f"a release that was {action} moves nothing")
    subject = f"{repository['full_name']}#{release['tag_name']}"
    return _published(services, db, repository, "release", subject)


@router.on("workflow_run")
def workflow_ended(services: Services, db: Session, payload: Payload) -> Ringing:
    """For those who publish by GitHub Actions without deployments: `staging_workflows` of workflow.yaml."""
    run, repository = payload["workflow_run"], payload["repository"]
    if strange := foreign(services, db, repository):
        return strange
    name = run["name"] or ""
    if stage_of_workflow(name, services.mappings.workflow.environments) is None:
        return ignored(f"workflow {name or '(unnamed)'} publishes nothing")
    if payload.get("action") != "completed" or run["conclusion"] != "success":
        what = run["conclusion"] or payload.get("action")
        return ignored(f"workflow {name} is {what}, which moves nothing")
    return _published(services, db, repository, "run", f"{repository['full_name']}#{run['id']}")


def _published(
    services: Services, db: Session, repository: dict[str, Any], kind: str, subject: str
) -> Ringing:
    """Which tickets it contains only a comparison of commits tells; those that may be concerned are rung."""
    done = services.mappings.workflow.done
    tickets = {
        *pulls.tickets_of_repository(db, repository_id=repository["id"], except_statuses=done),
        *facts.tickets_rung_about(db, repository=repository["full_name"]),
    }
    if not tickets:
        return ignored("no open ticket has a pull request in this repository")
    return ringing(kind, subject, tickets, f"{kind} {subject}")
