"""A fix that is deployed to staging again, at another address: the partner is told once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.actions import SetField, Tell
from bridge.domain import Publication, Stage
from bridge.rules.moves import Observation
from bridge.rules.publications import holding
from bridge.verdicts import Lane
from mappings.model import Moment, Trigger, Workflow


@dataclass(frozen=True, kw_only=True)
class Redeployment:
    """What to do about a new address, and when to look again where it is not to be told yet."""

    url: str = ""
    """Empty while the address that the issue shows is the one to test at."""
    actions: tuple[SetField | Tell, ...] = ()
    look_again_at: datetime | None = None
    unanswered: bool = False


def redeployed(seen: Observation, workflow: Workflow, *, now: datetime, hold: timedelta) -> Redeployment:
    """`hold`: how long a new address waits, in case it changes again."""
    one = new_address(seen, workflow)
    if one is None:
        return Redeployment()
    if one.url in seen.unanswered:
        return Redeployment(unanswered=True)
    if now < one.at + hold:
        return Redeployment(look_again_at=one.at + hold)
    field = SetField(field="staging_url", value=one.url, cause=one.identity)
    return Redeployment(url=one.url, actions=(field, _tell(one, seen, workflow)))


def new_address(seen: Observation, workflow: Workflow) -> Publication | None:
    """The staging deployment to test now, where its address is not the one that was told last."""
    if seen.issue.status not in workflow.on_staging:
        return None
    held = holding(Stage.STAGING, seen.pull_requests, seen.publications)
    newest = [[one for one in repository if one.active and one.url][-1:] for repository in held]
    present = sorted((one for found in newest for one in found), key=lambda one: one.at)
    known = _told_before(seen, held) or seen.issue.staging_url
    if not present or known in {one.url for one in present} or _is_told(seen, present[-1]):
        return None
    return present[-1]


def _told_before(seen: Observation, held: list[list[Publication]]) -> str:
    told = [one for repository in held for one in repository if one.url and _is_told(seen, one)]
    return max(told, key=lambda one: one.at).url if told else ""


def _is_told(seen: Observation, one: Publication) -> bool:
    """By its own e-mail, or by that of the move that it made."""
    lane = seen.lanes.get(Lane.STAGING)
    moved = lane is not None and lane.spent and one.identity in lane.identity.split()
    return moved or _source(one) in seen.told


def _source(one: Publication) -> str:
    return f"staging_url:{one.identity}"


def _tell(one: Publication, seen: Observation, workflow: Workflow) -> Tell:
    kind = workflow.moments.get(Moment.REDEPLOYED)
    silence = "" if kind else "no e-mail: workflow.yaml names none for redeployed"
    if _arrival_untold(seen, workflow):
        silence = "no e-mail of its own: that of the move to staging names the address"
    return Tell(
        source=_source(one),
        at=one.at,
        kind="redeployed",
        author="",
        status="",
        text=one.url,
        visible=True,
        email=None if silence else kind,
        outcome=silence,
        context={"staging_url": one.url},
    )


def _arrival_untold(seen: Observation, workflow: Workflow) -> bool:
    """Whether the e-mail of the ticket's last move to staging is still on hold."""
    staging = workflow.rules[Trigger.DEPLOYED_STAGING].to
    arrivals = [change for change in seen.issue.status_changes if change.to_status == staging]
    return bool(arrivals) and f"changelog:{arrivals[-1].id}" not in seen.told
