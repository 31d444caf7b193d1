"""What a sweep has found out, and what it could not."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.clients.errors import Refused, Unavailable
from bridge.clients.github import FailedDelivery

Doorbell = tuple[int, str, str]
"""(ticket, kind, subject)"""


@dataclass(frozen=True)
class Whereabouts:
    """A repository's id and what it is called now."""

    id: int
    name: str
    mapped_as: str
    """How the settings call it."""


@dataclass(frozen=True)
class Failure:
    """A part of the outside that could not be looked at, or did not do as asked, while the rest did."""

    subject: str
    error: Unavailable | Refused

    @property
    def is_for_good(self) -> bool:
        """True when it is not for us to see: nobody waits for it."""
        return isinstance(self.error, Refused) or self.error.denied


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a sweep found out; nothing is rung and nothing asked for again until somebody does it."""

    said: str
    """Where it looked, as a sentence."""
    bells: tuple[Doorbell, ...]
    lost: tuple[tuple[str, FailedDelivery], ...] = ()
    """(repository, webhook that GitHub failed to deliver)."""
    repositories: tuple[Whereabouts, ...] = ()
    failures: tuple[Failure, ...] = ()


def told(failures: Iterable[Failure]) -> list[str]:
    """What could not be looked at, as sentences without repeats."""
    failures = list(failures)
    refused = dict.fromkeys(f"{one.subject} ({one.error})" for one in failures if one.is_for_good)
    silent = dict.fromkeys(f"{one.subject} ({one.error})" for one in failures if not one.is_for_good)
    parts = (("refused", refused), ("did not answer", silent))
    return [f"{what}: {', '.join(which)}" for what, which in parts if which]
