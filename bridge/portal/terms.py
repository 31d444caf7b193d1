"""Which files are taken now: said before one is chosen, and held to afterwards."""

from dataclasses import dataclass

from bridge.portal import words
from bridge.portal.file_kinds import ACCEPTED, ACCEPTED_SENTENCE
from bridge.services import Services
from bridge.store.file_limit import file_limit

MAXIMUM_FILES = 20
NO_FILES = "No momento não é possível enviar arquivos. Envie links."


@dataclass(frozen=True)
class Terms:
    """Which files are taken now."""

    limit: int
    """Bytes of the largest; 0 when none is."""
    files: int = MAXIMUM_FILES

    @property
    def endings(self) -> str:
        return ",".join(ACCEPTED)

    @property
    def largest(self) -> str:
        """`10 MB`."""
        return words.size(self.limit)

    @property
    def sentence(self) -> str:
        if not self.limit:
            return NO_FILES
        return f"{ACCEPTED_SENTENCE}: até {self.files} arquivos, de até {self.largest} cada um."


def terms(services: Services) -> Terms:
    """What the installation takes, and no more than Jira takes, as it last said."""
    with services.store.read() as db:
        return Terms(min(file_limit(db), services.config.uploads.maximum))
