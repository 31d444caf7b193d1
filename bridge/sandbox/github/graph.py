"""GraphQL: what REST cannot say or do about pull requests."""

import re
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from graphql import GraphQLError, GraphQLResolveInfo, graphql_sync

from bridge.sandbox.github import render
from bridge.sandbox.github.core import Answer, Core, Json
from bridge.sandbox.github.decisions import decision
from bridge.sandbox.github.model import Pull, Repo
from bridge.sandbox.github.pulls import commits_of, set_draft, set_queued
from bridge.sandbox.github.schema import SCHEMA

ITEMS = {
    "BASE_REF_CHANGED_EVENT": "BaseRefChangedEvent",
    "PULL_REQUEST_REVIEW": "PullRequestReview",
    "REVIEW_REQUESTED_EVENT": "ReviewRequestedEvent",
    "REVIEW_REQUEST_REMOVED_EVENT": "ReviewRequestRemovedEvent",
}
LONGEST_PAGE = 100


class Missing(GraphQLError):
    """GitHub's only kind of error with a `type` beside the message that the sandbox gives."""


def register(core: Core) -> None:
    root = _Root(core)

    @core.app.post("/graphql")
    @core.app.post("/api/graphql")
    def graphql() -> Response:
        asked = core.body()
        found = graphql_sync(
            SCHEMA, str(asked.get("query", "")), root_value=root, variable_values=asked.get("variables") or {}
        )
        # Whatever goes wrong within a query is answered 200.
        answer: Json = {"data": found.data} if found.data is not None or not found.errors else {}
        if found.errors:
            answer["errors"] = [_shown(error) for error in found.errors]
        return jsonify(answer)


def _shown(error: GraphQLError) -> Json:
    shown: Json = {"message": error.message, "path": error.path, **({"locations": []} if error.path else {})}
    if isinstance(error.original_error or error, Missing):
        return {"type": "NOT_FOUND", **shown}
    if isinstance(error.original_error, Answer):
        return {"type": "UNPROCESSABLE", **shown}
    return {**shown, "extensions": {"code": "undefinedField"}} if error.path is None else shown


class _Root:
    """The entry points, each a method by its name in the schema."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def repository(self, info: GraphQLResolveInfo, *, owner: str, name: str, followRenames: bool) -> Json:
        repo = self._core.world.named(f"{owner}/{name}", follow=followRenames)
        if repo is None:
            raise Missing(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return _repository(self._core, repo)

    def convertPullRequestToDraft(self, info: GraphQLResolveInfo, *, input: Json) -> Json:
        return self._drafted(input, draft=True)

    def markPullRequestReadyForReview(self, info: GraphQLResolveInfo, *, input: Json) -> Json:
        return self._drafted(input, draft=False)

    def enqueuePullRequest(self, info: GraphQLResolveInfo, *, input: Json) -> Json:
        return self._queued(input["pullRequestId"], queued=True)

    def dequeuePullRequest(self, info: GraphQLResolveInfo, *, input: Json) -> Json:
        return self._queued(input["id"], queued=False)

    def _drafted(self, asked: Json, *, draft: bool) -> Json:
        repo, one = self._node(asked["pullRequestId"])
        set_draft(self._core, repo, one, draft)
        return {"clientMutationId": None, "pullRequest": _pull(self._core, repo, one)}

    def _queued(self, node: str, *, queued: bool) -> Json:
        repo, one = self._node(node)
        set_queued(self._core, repo, one, queued)
        return {"clientMutationId": None}

    def _node(self, node: str) -> tuple[Repo, Pull]:
        number = re.fullmatch(r"PR_(\d+)", node)
        for repo in self._core.world.repos.values():
            for one in repo.pulls.values():
                if number and one.id == int(number[1]):
                    return repo, one
        raise Missing(f"Could not resolve to a node with the global id of '{node}'")


def _repository(core: Core, repo: Repo) -> Json:
    def pull_request(info: GraphQLResolveInfo, *, number: int) -> Json:
        if number not in repo.pulls:
            raise Missing(f"Could not resolve to a PullRequest with the number of {number}.")
        return _pull(core, repo, repo.pulls[number])

    def pull_requests(
        info: GraphQLResolveInfo, *, headRefName: str = "", states: list[str] | None = None, **page: Any
    ) -> Json:
        found = [
            one
            for one in repo.pulls.values()
            if headRefName in {"", one.head} and (states is None or _state(one) in states)
        ]
        return _page([_pull(core, repo, one) for one in found], **page)

    return {
        "databaseId": repo.id,
        "id": f"R_{repo.id}",
        "nameWithOwner": repo.full_name,
        "pullRequest": pull_request,
        "pullRequests": pull_requests,
    }


def _pull(core: Core, repo: Repo, one: Pull) -> Json:
    return {
        "author": _actor(one.user),
        "authorAssociation": render.association(repo, one),
        "baseRefName": one.base,
        "body": one.body,
        "commits": _commits(repo, one),
        "createdAt": one.created_at,
        "fullDatabaseId": str(one.id),
        "headRefName": one.head,
        "headRefOid": one.head_sha,
        "headRepository": _repository(core, one.source) if one.source else None,
        "id": f"PR_{one.id}",
        "isCrossRepository": one.source is not repo,
        "isDraft": one.draft,
        "isInMergeQueue": one.queued,
        "mergeCommit": _commit(repo, one.merge_commit_sha) if one.merge_commit_sha else None,
        "merged": one.merged,
        "number": one.number,
        "repository": lambda info: _repository(core, repo),
        "reviewDecision": decision(repo, one),
        "state": _state(one),
        "timelineItems": _timeline(core, repo, one),
        "title": one.title,
        "url": f"{core.base}/{repo.full_name}/pull/{one.number}",
    }


def _state(one: Pull) -> str:
    return "MERGED" if one.merged else one.state.upper()


def _commits(repo: Repo, one: Pull) -> Callable[..., Json]:
    def commits(info: GraphQLResolveInfo, **page: Any) -> Json:
        return _page([{"commit": _commit(repo, sha)} for sha in commits_of(repo, one)], **page)

    return commits


def _commit(repo: Repo, sha: str) -> Json:
    return {"oid": sha, "message": repo.commits[sha].message}


def _timeline(core: Core, repo: Repo, one: Pull) -> Callable[..., Json]:
    def timeline(info: GraphQLResolveInfo, *, itemTypes: list[str] | None = None, **page: Any) -> Json:
        wanted = [ITEMS[name] for name in itemTypes or ITEMS]
        reviews = {review.id: review for review in one.reviews}
        nodes = []
        for item in one.timeline:
            kind, number = item["__typename"], item.get("review", 0)
            if kind not in wanted:
                continue
            review = reviews.get(number)
            shown = {**item, "id": f"{kind}_{item['at']}", "createdAt": item["at"]}
            if review:
                shown |= {
                    "fullDatabaseId": str(review.id),
                    "state": review.state,
                    "submittedAt": review.submitted_at,
                    "author": _actor(review.user),
                    "authorCanPushToRepository": True,
                    "body": review.body,
                    "commit": _commit(repo, review.commit_id) if review.commit_id in repo.commits else None,
                }
            elif "reviewer" in item:
                shown["requestedReviewer"] = _actor(item["reviewer"])
            nodes.append(shown)
        return _page(nodes, **page)

    return timeline


def _actor(login: str) -> Json | None:
    """GraphQL leaves a bot's brackets off (chdsbd/kodiak#288); an account that is gone is null."""
    if login == "ghost":
        return None
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"__typename": kind, "id": f"U_{login}", "login": login.removesuffix("[bot]")}


def _page(nodes: list[Json], **asked: Any) -> Json:
    """The connection's page from its end or its beginning; a cursor is a place in the list."""
    first, last = asked.get("first"), asked.get("last")
    if (first is None) == (last is None):
        raise GraphQLError("You must provide a `first` or `last` value to properly paginate the connection.")
    if not 1 <= (first or last or 0) <= LONGEST_PAGE:
        raise GraphQLError("Requesting more records than the limit of 100 records.")
    end = int(asked["before"]) if asked.get("before") else len(nodes)
    start = int(asked["after"]) + 1 if asked.get("after") else 0
    if last is not None:
        start = max(start, end - last)
    else:
        end = min(end, start + (first or 0))
    info = {
        "hasPreviousPage": start > 0,
        "hasNextPage": end < len(nodes),
        "startCursor": str(start) if start < end else None,
        "endCursor": str(end - 1) if start < end else None,
    }
    return {"nodes": nodes[start:end], "totalCount": len(nodes), "pageInfo": info}
