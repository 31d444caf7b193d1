"""How a pull request shows on its issue."""

from collections.abc import Iterator, Mapping, Sequence

from bridge.actions import Link
from bridge.domain import PullRequest
from bridge.rules.reviews import Standing, judge
from mappings.model import Reviews

WORDS = {
    Standing.CHANGES_REQUESTED: "mudanças pedidas",
    Standing.DRAFT: "rascunho",
    Standing.REVIEW_PENDING: "em revisão",
    Standing.APPROVED: "aprovado",
}
"""Developers read these in Jira, beside the Portuguese board."""


def links(
    pull_requests: Sequence[PullRequest], linked_as: Mapping[str, str], policy: Reviews
) -> Iterator[Link]:
    """The remote links that are missing or no longer true."""
    for pull_request in pull_requests:
        link = Link(
            pull_request=pull_request,
            title=f"{pull_request.name} · {_state(pull_request, policy)}",
            summary=pull_request.title,
            resolved=not pull_request.is_open,
        )
        if linked_as.get(pull_request.name) != fingerprint(link):
            yield link


def fingerprint(link: Link) -> str:
    """What the link shows, to know whether Jira has it already."""
    return f"{link.title}\n{link.summary}"


def _state(pull_request: PullRequest, policy: Reviews) -> str:
    if pull_request.merged:
        return "mesclado"
    judgement = judge(pull_request, policy)
    return WORDS[judgement.standing] if judgement else "fechado sem mesclar"
