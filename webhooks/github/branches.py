"""Branches that are made, pushed to and deleted."""

from sqlalchemy.orm import Session

from bridge.rules.keys import keys_in, keys_in_any_case
from bridge.services import Services
from bridge.store import facts, pulls
from mappings.model import Mention
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import foreign, nobody, ringing, router

MERGE_QUEUE = "gh-readonly-queue/"
"""Begins the names of the branches that GitHub makes to try a merge queue's groups."""


@router.on("create", "push")
def branch_pushed(services: Services, db: Session, payload: Payload) -> Ringing:
    """A branch that names a ticket means that work has begun; commits that do belong to a pull request."""
    repository, ref = payload["repository"], payload["ref"]
    branch = ref.removeprefix("refs/heads/")
    is_branch = payload.get("ref_type") == "branch" or (branch != ref and not payload.get("deleted"))
    if not is_branch:
        return ignored(f"{ref} is not a branch that is there")
    if strange := foreign(services, db, repository):
        return strange
    if branch.startswith(MERGE_QUEUE):
        return ignored("a merge queue's trial is nobody's work: its pull requests tell by themselves")
    keys = keys_in_any_case(branch) if services.mappings.workflow.links.reads(Mention.BRANCH) else set()
    named = facts.tickets_by_key(db, keys)
    if not named:
        keys |= _commit_keys(services, payload, branch)
        named = facts.tickets_by_key(db, keys)
    if not named:
        return nobody(keys)
    tickets = set(named.values())
    tickets -= pulls.tickets_of_branch(db, repository_id=repository["id"], name=branch)
    if not tickets:
        return ignored(f"branch {branch} is known already")
    return ringing("branch", _subject(payload, branch), tickets, f"branch {branch} pushed")


@router.on("delete")
def branch_deleted(services: Services, db: Session, payload: Payload) -> Ringing:
    """Work that has not begun by it does not begin by it any more."""
    branch = payload["ref"]
    if payload["ref_type"] != "branch":
        return ignored(f"{payload['ref_type']} {branch} deleted: what it published stays published")
    repository_id = payload["repository"]["id"]
    awaited = pulls.awaited_branches(db, repository_id=repository_id)
    tickets = {ticket_id for ticket_id, name in awaited if name == branch}
    if not tickets:
        return ignored(f"branch {branch} deleted: no ticket waits for it")
    return ringing("branch", _subject(payload, branch), tickets, f"branch {branch} deleted")


def _commit_keys(services: Services, payload: Payload, branch: str) -> set[str]:
    """What the pushed commits name; on the default branch they are merged already."""
    policy = services.mappings.workflow.links
    if not policy.reads(Mention.COMMITS) or branch == payload["repository"]["default_branch"]:
        return set()
    return keys_in(*(one["message"] for one in payload.get("commits") or []))


def _subject(payload: Payload, branch: str) -> str:
    return f"{payload['repository']['full_name']} {payload['repository']['id']} {branch}"
