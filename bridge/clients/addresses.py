"""Whether a web address answers, asked without becoming somebody's way into our network."""

import ipaddress
import socket
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from bridge.store import outside

SECONDS = 5.0
REDIRECTS = 3
MOVED = {301, 302, 303, 307, 308}
SERVER_ERROR = 500
"""Below it somebody is there, be it to ask for a password."""


class Unanswered(Exception):
    """Nobody is there. The message says why."""


class Addresses:
    """Asks addresses that come from outside: by name, but at the number that was looked at first.

    A name could mean a public host when it is checked and a private one when it is asked, so the connection
    is made to the number; a redirect is checked like the first address.
    """

    def __init__(self, *, private: bool) -> None:
        self._private = private
        """Whether hosts of our own network may be asked."""

    @outside()
    def fault(self, url: str) -> str:
        """Why nobody could test there; empty when it answers."""
        try:
            self._ask(url, left=REDIRECTS)
        except Unanswered as error:
            return str(error)
        except (HTTPError, OSError, ValueError) as error:
            return type(error).__name__
        return ""

    def _ask(self, url: str, *, left: int) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise Unanswered("no http address")
        number = self._number(parts.hostname, parts.port)
        status, location = _get(url, number)
        if status in MOVED and location:
            if not left:
                raise Unanswered("too many redirects")
            self._ask(urljoin(url, location), left=left - 1)
        elif status >= SERVER_ERROR:
            raise Unanswered(f"answered {status}")

    def _number(self, host: str, port: int | None) -> str:
        """The first number of a name, when all of its numbers may be asked."""
        found = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
        numbers = [str(one[4][0]) for one in found]
        private = [one for one in numbers if not _is_public(one)]
        if private and not self._private:
            raise Unanswered("is in a private network, which CHAMADOS_URL_CHECK does not allow")
        return numbers[0]


def _is_public(number: str) -> bool:
    address = ipaddress.ip_address(number.partition("%")[0])
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    return bool(inner.is_global and address.is_global and not inner.is_multicast)


def _get(url: str, number: str) -> tuple[int, str]:
    """The status and where it sends us on; the body is not read."""
    parts = urlsplit(url)
    timeout = urllib3.Timeout(total=SECONDS)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        host = parts.hostname or ""
        pool = urllib3.HTTPSConnectionPool(
            number, parts.port or 443, timeout=timeout, server_hostname=host, assert_hostname=host
        )
    else:
        pool = urllib3.HTTPConnectionPool(number, parts.port or 80, timeout=timeout)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "User-Agent": "chamados", "Accept": "*/*"}
    with pool:
        answer = pool.request(
            "GET", path, headers=headers, retries=False, redirect=False, preload_content=False
        )
        try:
            return answer.status, answer.headers.get("Location", "")
        finally:
            answer.close()
