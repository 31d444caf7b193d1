"""One question that brings all of a pull request: GraphQL, for REST needs three calls and does not know
`reviewDecision` or when a reviewer was asked again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bridge.domain import PullRequest, Review, ReviewState
from bridge.rules.keys import keys_in

Json = dict[str, Any]

GHOST = "ghost"
"""Whom GitHub shows in place of an account that is gone."""

# The timeline keeps reviews, requests and changes of base in their order; times would not tell, for they are
# cut to seconds. `fullDatabaseId` is REST's id: `databaseId` ends at 31 bits.
_TIMELINE = """
timelineItems(last: 100, before: $before, itemTypes: [
  PULL_REQUEST_REVIEW, REVIEW_REQUESTED_EVENT, REVIEW_REQUEST_REMOVED_EVENT, BASE_REF_CHANGED_EVENT
]) {
  pageInfo { hasPreviousPage startCursor }
  nodes {
    __typename
    ... on PullRequestReview {
      fullDatabaseId state submittedAt
      author { __typename login }
      commit { oid }
    }
    ... on ReviewRequestedEvent { requestedReviewer { ...reviewer } }
    ... on ReviewRequestRemovedEvent { requestedReviewer { ...reviewer } }
  }
}
"""
_REVIEWER = """
fragment reviewer on RequestedReviewer {
  __typename
  ... on User { login }
  ... on Bot { login }
}
"""
_FIELDS = f"""
number title body url state isDraft merged isInMergeQueue isCrossRepository authorAssociation reviewDecision
createdAt headRefName headRefOid baseRefName
repository {{ databaseId nameWithOwner }}
author {{ __typename login }}
mergeCommit {{ oid }}
commits(last: 100) {{ nodes {{ commit {{ message }} }} }}
{_TIMELINE}
"""
BY_NUMBER = f"""
query PullRequest($owner: String!, $name: String!, $number: Int!, $before: String) {{
  repository(owner: $owner, name: $name) {{ pullRequest(number: $number) {{ {_FIELDS} }} }}
}}
{_REVIEWER}
"""
EARLIER = f"""
query Earlier($owner: String!, $name: String!, $number: Int!, $before: String) {{
  repository(owner: $owner, name: $name) {{ pullRequest(number: $number) {{ {_TIMELINE} }} }}
}}
{_REVIEWER}
"""
OF_BRANCH = f"""
query OfBranch($owner: String!, $name: String!, $branch: String!, $before: String) {{
  repository(owner: $owner, name: $name) {{
    pullRequests(headRefName: $branch, states: [OPEN], first: 5) {{ nodes {{ {_FIELDS} }} }}
  }}
}}
{_REVIEWER}
"""


def pull_request(found: Json, timeline: list[Json]) -> PullRequest:
    """The answer in our words. `timeline`: all of its nodes, the oldest first."""
    return PullRequest(
        repository_id=found["repository"]["databaseId"],
        repository=found["repository"]["nameWithOwner"],
        number=found["number"],
        title=found["title"],
        body=found["body"],
        url=found["url"],
        author=_login(found["author"]),
        branch=found["headRefName"],
        head=found["headRefOid"],
        is_open=found["state"] == "OPEN",
        draft=found["isDraft"],
        merged=found["merged"],
        merge_commit=(found["mergeCommit"] or {}).get("oid", ""),
        reviews=tuple(_reviews(timeline)),
        base=found["baseRefName"],
        # Stays true when the head's repository has been deleted and is null.
        fork=found["isCrossRepository"],
        author_association=found["authorAssociation"],
        commit_keys=tuple(sorted(keys_in(*(one["commit"]["message"] for one in found["commits"]["nodes"])))),
        decision=found["reviewDecision"] or "",
        queued=found["isInMergeQueue"],
        created_at=found.get("createdAt") or "",
    )


def _reviews(timeline: list[Json]) -> Iterator[Review]:
    for place, one in enumerate(timeline):
        if one["__typename"] != "PullRequestReview" or one["state"] == ReviewState.PENDING:
            continue
        later = timeline[place + 1 :]
        reviewer = _login(one["author"])
        yield Review(
            id=int(one["fullDatabaseId"]),
            reviewer=reviewer,
            state=ReviewState(one["state"]),
            commit=(one["commit"] or {}).get("oid", ""),
            at=_moment(one["submittedAt"]),
            asked_again=_is_asked(reviewer, later),
            other_base=any(after["__typename"] == "BaseRefChangedEvent" for after in later),
        )


def _is_asked(reviewer: str, later: list[Json]) -> bool:
    """Asked for another review, and the request was not taken back. A review that answers it takes no request
    out of the timeline, so one with a comment only leaves the earlier verdict withdrawn.
    """
    requests = [one for one in later if one["__typename"] in _REQUESTS]
    of_reviewer = [one for one in requests if _login(one["requestedReviewer"]) == reviewer]
    return bool(of_reviewer) and _REQUESTS[of_reviewer[-1]["__typename"]]


_REQUESTS = {"ReviewRequestedEvent": True, "ReviewRequestRemovedEvent": False}


def _login(actor: Json | None) -> str:
    if actor is None:
        return GHOST
    # REST and people call a bot `dependabot[bot]`; GraphQL leaves the brackets off. A team has no login.
    return f"{actor['login']}[bot]" if actor["__typename"] == "Bot" else str(actor.get("login", ""))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
