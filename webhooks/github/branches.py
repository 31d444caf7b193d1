"""Branches that are made and pushed to."""

from sqlalchemy.orm import Session

from bridge.rules.keys import keys_in
from bridge.services import Services
from bridge.store import facts
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import foreign, nobody, ringing, router


@router.on("create", "push")
def branch_pushed(services: Services, db: Session, payload: Payload) -> Ringing:
    """A branch that names a ticket means that work has begun."""
    repository, ref = payload["repository"], payload["ref"]
    branch = ref.removeprefix("refs/heads/")
    is_branch = payload.get("ref_type") == "branch" or (branch != ref and not payload.get("deleted"))
    if not is_branch:
        return ignored(f"{ref} is not a branch that is there")
    if strange := foreign(services, repository):
        return strange
    keys = keys_in(branch)
    tickets = set(facts.tickets_by_key(db, keys).values())
    if not tickets:
        return nobody(keys)
    tickets -= facts.tickets_of_branch(db, repository_id=repository["id"], name=branch)
    if not tickets:
        return ignored(f"branch {branch} is known already")
    subject = f"{repository['full_name']} {repository['id']} {branch}"
    return ringing("branch", subject, tickets, f"branch {branch} pushed")
