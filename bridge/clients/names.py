"""DNS: what a domain publishes about its e-mail."""

from collections.abc import Iterable
from typing import Any, Protocol

import dns.exception
import dns.resolver

from bridge.clients.errors import Unavailable

SERVICE = "DNS"
TIMEOUT = 4.0
"""Seconds for each question, servers and repeats together."""
RESERVED = ("example", "test", "invalid", "localhost")
"""Names that nobody has (RFC 2606, 6761)."""


class Resolver(Protocol):
    """What we need of dnspython's."""

    def resolve(self, qname: str, rdtype: str, *, lifetime: float) -> Iterable[Any]: ...


def is_reserved(domain: str) -> bool:
    return domain.rpartition(".")[2].lower() in RESERVED or domain.lower().startswith("example.")


class Names:
    """Asks the machine's own resolver, or the one that is given."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver

    def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each in one piece; none where the name does not exist.

        Raises:
            Unavailable: nobody can tell now.
        """
        return [b"".join(one.strings).decode("utf-8", "replace") for one in self._asked(name, "TXT")]

    def exchangers(self, domain: str) -> list[str]:
        """The servers that take a domain's e-mail; none where it names none, or the root (RFC 7505).

        Raises:
            Unavailable: nobody can tell now.
        """
        return sorted(filter(None, (str(one.exchange).rstrip(".") for one in self._asked(domain, "MX"))))

    def _asked(self, name: str, kind: str) -> list[Any]:
        try:
            # Made only now: a machine may have no resolver's configuration.
            self._resolver = self._resolver or dns.resolver.Resolver()
            return list(self._resolver.resolve(name, kind, lifetime=TIMEOUT))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable(SERVICE, f"does not answer for {name} ({type(error).__name__})") from error
