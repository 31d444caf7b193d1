"""Which tickets a pull request names: by where it names them, and who may."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bridge.domain import PullRequest
from bridge.rules.keys import keys_in, keys_in_any_case
from mappings.model import Linking, Mention


@dataclass(frozen=True, kw_only=True)
class Naming:
    """What a pull request says of itself."""

    branch: str
    title: str
    body: str
    fork: bool
    author_association: str
    commit_keys: tuple[str, ...] = ()

    def keys(self, place: Mention) -> set[str]:
        """What may be issue keys there."""
        match place:
            case Mention.BRANCH:
                return keys_in_any_case(self.branch)
            case Mention.TITLE:
                return keys_in_any_case(self.title)
            case Mention.BODY:
                return keys_in(self.body)
            case Mention.COMMITS:
                return set(self.commit_keys)

    @property
    def candidates(self) -> set[str]:
        return set[str]().union(*(self.keys(place) for place in Mention))


def naming_of(one: PullRequest) -> Naming:
    return Naming(
        branch=one.branch,
        title=one.title,
        body=one.body,
        fork=one.fork,
        author_association=one.author_association,
        commit_keys=one.commit_keys,
    )


def named(one: Naming, policy: Linking, ours: AbstractSet[str]) -> set[str]:
    """The keys among `ours` that it names, by the most trusted places that name any."""
    if stranger(one, policy):
        return set()
    for rank in policy.trust:
        found = set[str]().union(*(one.keys(place) for place in rank)) & ours
        if found:
            return found
    return set()


def stranger(one: Naming, policy: Linking) -> str:
    """Why nobody listens to it; empty when somebody does."""
    if not one.fork or not policy.fork_authors or one.author_association in policy.fork_authors:
        return ""
    return (
        f"it comes from a fork and its author is {one.author_association or 'unknown'} here, "
        f"not {' or '.join(policy.fork_authors)}"
    )


def why_unnamed(one: PullRequest, policy: Linking) -> str:
    why = stranger(naming_of(one), policy)
    return why or "it names the ticket no more"
