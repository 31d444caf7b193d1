"""Pull requests and what is said about them."""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from bridge.rules.naming import Naming, named, stranger
from bridge.services import Services
from bridge.store import facts, pulls
from bridge.store.remarks import Place
from mappings.model import Mention
from webhooks.events import Payload, Ringing, ignored
from webhooks.github.ringing import foreign, nobody, ringing, router

SAYS_NOTHING = {
    **dict.fromkeys(("assigned", "unassigned"), "who is to see to it"),
    **dict.fromkeys(("labeled", "unlabeled"), "its labels"),
    **dict.fromkeys(("locked", "unlocked"), "who may comment on it"),
    **dict.fromkeys(("milestoned", "demilestoned"), "its milestone"),
    **dict.fromkeys(("auto_merge_enabled", "auto_merge_disabled"), "how it is to be merged"),
}
"""Actions on a pull request that say nothing of its review, and what they are about."""
SHOWN_ANEW = {"opened", "reopened", "edited", "synchronize"}
"""After these a pull request may name other tickets, or shows another commit."""


@router.on("pull_request")
def pull_request_changed(services: Services, db: Session, payload: Payload) -> Ringing:
    action = payload["action"]
    if action in SAYS_NOTHING:
        return ignored(f"{_name(payload)} {action}: about {SAYS_NOTHING[action]}, which moves nothing")
    return _look(services, db, payload, f"{_name(payload)} {_happened(payload)}")


def _happened(payload: Payload) -> str:
    """The action, with what only the pull request tells of it."""
    action, one = payload["action"], payload["pull_request"]
    if action == "closed":
        return "merged" if one.get("merged") else "closed unmerged"
    return "opened as a draft" if action == "opened" and one.get("draft") else str(action).replace("_", " ")


@router.on("pull_request_review")
def reviewed(services: Services, db: Session, payload: Payload) -> Ringing:
    action, review = payload["action"], payload["review"]
    if action == "edited":
        return ignored(f"{_name(payload)}: a review's words were edited, its verdict stays")
    who = (review["user"] or {"login": "ghost"})["login"]
    # The payload says in small letters what the API says in capitals.
    said = str(review["state"]).lower().replace("_", " ")
    what = f"the review of {who} dismissed" if action == "dismissed" else f"{who} {said}"
    return _look(services, db, payload, f"{_name(payload)} review: {what}")


@router.on("pull_request_review_thread")
def thread_settled(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored(f"{_name(payload)}: a conversation {payload['action']} is no verdict")


@router.on("pull_request_review_comment")
def line_commented(services: Services, db: Session, payload: Payload) -> Ringing:
    return ignored(f"{_name(payload)}: a comment on a line, {payload['action']}, is no verdict")


def _look(services: Services, db: Session, payload: Payload, what: str) -> Ringing:
    """Ring the tickets that it names, and those that it named when last seen."""
    one, repository = payload["pull_request"], payload["repository"]
    if strange := foreign(services, db, repository):
        return strange
    naming, policy = _naming(one), services.mappings.workflow.links
    known = facts.tickets_by_key(db, naming.candidates)
    tickets = {known[key] for key in named(naming, policy, known.keys())}
    if not tickets and not naming.fork and policy.reads(Mention.COMMITS):
        # What its commits say its branch's pushes have told.
        tickets = pulls.tickets_of_branch(db, repository_id=repository["id"], name=naming.branch)
    tickets |= set(pulls.tickets_of_pull_request(db, repository_id=repository["id"], number=one["number"]))
    if tickets:
        return ringing("pull_request", _name(payload), tickets, what)
    why = stranger(naming, policy) if known else ""
    if why:
        return ignored(f"{_name(payload)} does not count: {why}")
    place = Place(repository_id=repository["id"], repository=repository["full_name"], number=one["number"])
    shown = "review" not in payload and payload["action"] in SHOWN_ANEW
    return replace(nobody(naming.candidates), unclaimed=place if shown else None)


def _naming(one: dict[str, Any]) -> Naming:
    head, base = one["head"]["repo"], one["base"]["repo"]
    return Naming(
        branch=one["head"]["ref"],
        title=one["title"],
        body=one["body"] or "",
        # The head's repository is null once that has been deleted, which only a fork's can be.
        fork=head is None or head["id"] != base["id"],
        author_association=one["author_association"],
    )


def _name(payload: Payload) -> str:
    return f"{payload['repository']['full_name']}#{payload['pull_request']['number']}"
