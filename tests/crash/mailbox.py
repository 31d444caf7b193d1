"""A mailbox that outlives the process that reads it: a folder of files, put away into another."""

from dataclasses import dataclass
from pathlib import Path

from bridge.clients.mailbox import Fetched


@dataclass(frozen=True)
class FolderMailbox:
    """What `clients.mailbox.Mailbox` does, over files named after their UID."""

    folder: Path
    name: str = "crash"
    configured: bool = True

    def bring(self, uid: int, raw: bytes) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / str(uid)).write_bytes(raw)

    def waiting(self) -> tuple[int, list[int]]:
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        return 1, sorted(int(path.name) for path in found if path.name.isdigit())

    def read(self, uid: int) -> Fetched | None:
        return Fetched(raw=(self.folder / str(uid)).read_bytes(), whole=True)

    def done(self, uid: int) -> None:
        (self.folder / str(uid)).rename(self.folder / f"done-{uid}")

    def flagged(self, uid: int) -> None:
        raise AssertionError(f"{uid} could not be read")
