"""Events that ring nobody, each with its reason."""

from sqlalchemy.orm import Session

from bridge.services import Services
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import router


@router.on("ping")
def ping(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored("ping: the webhook works")


@router.on("check_suite", "check_run", "status")
def checked(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored("checks of a commit move nothing: people's reviews do")


@router.on("merge_group")
def grouped(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored("a merge queue's group moves nothing: its pull requests tell when they are merged")


@router.on("deployment")
def deploying(services: Services, db: Session, payload: Payload) -> Ringing:
    number, environment = payload["deployment"]["id"], payload["deployment"]["environment"]
    return ignored(f"deployment {number} to {environment} has only been asked for: its status will tell")


@router.on("repository")
def repository_changed(services: Services, db: Session, payload: Payload) -> Ringing:
    name, action, changes = (
        payload["repository"]["full_name"],
        payload["action"],
        payload.get("changes") or {},
    )
    if action == "renamed":
        former = changes["repository"]["name"]["from"]
        return ignored(f"{former} is {name} now; it is followed by its id")
    if action == "transferred":
        owner = changes["owner"]["from"]
        former = (owner.get("user") or owner.get("organization") or {}).get("login", "somebody")
        return ignored(f"{name} was {former}'s before; it is followed by its id")
    if action in {"deleted", "archived"}:
        return ignored(f"repository {name} {action}: its pull requests stay as they were last seen")
    return ignored(f"repository {name} {action} concerns no ticket")


@router.on("installation")
def installed(services: Services, db: Session, payload: Payload) -> Ringing:
    action, account = payload["action"], payload["installation"]["account"]["login"]
    lost = {
        "deleted": "GitHub shows us nothing of it any more",
        "suspend": "GitHub shows us nothing of it until it is unsuspended",
    }
    said = lost.get(action, "`chamados doctor` says whether its permissions suffice")
    return ignored(f"the App's installation at {account}: {action}; {said}")


@router.on("installation_repositories")
def repositories_chosen(services: Services, db: Session, payload: Payload) -> Ringing:
    added = [one["full_name"] for one in payload["repositories_added"]]
    removed = [one["full_name"] for one in payload["repositories_removed"]]
    said = [*(f"+{name}" for name in added), *(f"-{name}" for name in removed)]
    return ignored(f"the App's repositories changed: {', '.join(said) or 'none'}")
