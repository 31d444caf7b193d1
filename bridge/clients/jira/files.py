"""Files on issues: streamed up, read back and weighed, whatever their size."""

import hashlib
from collections.abc import Callable
from typing import Any, BinaryIO

from requests_toolbelt import MultipartEncoder

from bridge.clients.jira.site import Site
from bridge.clients.jira.transport import Transport, segment

FORBIDDEN = str.maketrans(dict.fromkeys('\\/":?*<|>', "_"))
"""What Jira refuses in a file's name (jira-core: FileNameCharacterCheckerUtil)."""


class _Beating:
    """A file that tells of each piece read from it."""

    def __init__(self, content: BinaryIO, beat: Callable[[], None]) -> None:
        self._content = content
        self._beat = beat
        self.fileno = content.fileno
        self.tell = content.tell

    def read(self, size: int = -1) -> bytes:
        self._beat()
        return self._content.read(size)


class Files:
    """One site's attachments. No file is ever in memory as a whole."""

    def __init__(self, transport: Transport, call: Callable[..., Any], site: Callable[[], Site]) -> None:
        self._transport = transport
        self._call = call
        self._site = site

    def limit(self) -> int:
        """Bytes of the largest file that the site takes; 0 where it takes none."""
        found = self._call("GET", "attachment/meta")
        return int(found.get("uploadLimit", 0)) if found.get("enabled") else 0

    def attach(
        self,
        issue_id: str,
        *,
        filename: str,
        content_type: str,
        content: BinaryIO,
        beat: Callable[[], None],
    ) -> str:
        """Send a file; its attachment id. `beat` is called with each piece: that can take long."""
        body = MultipartEncoder({"file": (filename, _Beating(content, beat), content_type)})
        headers = {"X-Atlassian-Token": "no-check", "Content-Type": body.content_type}
        found = self._call("POST", f"issue/{segment(issue_id)}/attachments", data=body, headers=headers)
        return str(found[0]["id"])

    def digest(self, attachment_id: str, *, beat: Callable[[], None]) -> str:
        """The SHA-256 of what Jira keeps, read piece by piece.

        Raises:
            Refused: with `missing` when Jira does not show it.
        """
        digest = hashlib.sha256()
        for piece in self._pieces(segment(attachment_id)):
            beat()
            digest.update(piece)
        return digest.hexdigest()

    def remove(self, attachment_id: str) -> None:
        self._call("DELETE", f"attachment/{segment(attachment_id)}")

    def _pieces(self, attachment_id: str) -> Any:
        if self._site().cloud:
            # Without redirect=false Cloud sends us on to a media host, and our token with us.
            path = f"rest/api/3/attachment/content/{attachment_id}"
            return self._transport.pieces(path, params={"redirect": "false"})
        # v2 has no such address; the one for browsers takes any name after the id.
        return self._transport.pieces(f"secure/attachment/{attachment_id}/file")
