"""Pull requests and what is said about them."""

from dataclasses import replace

from sqlalchemy.orm import Session

from bridge.rules.keys import keys_in
from bridge.services import Services
from bridge.store import facts
from bridge.store.remarks import Place
from webhooks.events import Payload, Ringing
from webhooks.github.ringing import foreign, nobody, ringing, router

SHOWN_ANEW = {"opened", "reopened", "edited", "synchronize"}
"""After these a pull request may name other tickets, or shows another commit."""


@router.on("pull_request", "pull_request_review")
def pull_request_changed(services: Services, db: Session, payload: Payload) -> Ringing:
    one, repository = payload["pull_request"], payload["repository"]
    name = f"{repository['full_name']}#{one['number']}"
    if strange := foreign(services, repository):
        return strange
    keys = keys_in(one["head"]["ref"], one["title"], one.get("body"))
    tickets = {
        *facts.tickets_by_key(db, keys).values(),
        *facts.tickets_of_pull_request(db, repository_id=repository["id"], number=one["number"]),
    }
    if not tickets:
        place = Place(
            repository_id=repository["id"], repository=repository["full_name"], number=one["number"]
        )
        told = "review" not in payload and payload.get("action") in SHOWN_ANEW
        return replace(nobody(keys), unclaimed=place if told else None)
    return ringing("pull_request", name, tickets, f"{name} {payload.get('action', 'changed')}")
