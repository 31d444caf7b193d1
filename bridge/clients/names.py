"""DNS: what a domain publishes about its e-mail."""

from functools import cache

import dns.exception
import dns.resolver

from bridge.clients.errors import Unavailable

SERVICE = "DNS"
TIMEOUT = 4.0
"""Seconds for each question, servers and repeats together."""
RESERVED = ("example", "test", "invalid", "localhost")
"""Names that nobody has (RFC 2606, 6761)."""


def is_reserved(domain: str) -> bool:
    return domain.rpartition(".")[2].lower() in RESERVED or domain.lower().startswith("example.")


def texts(name: str) -> list[str]:
    """The TXT records of a name, each in one piece; none where the name does not exist.

    Raises:
        Unavailable: nobody can tell now.
    """
    return [b"".join(one.strings).decode("utf-8", "replace") for one in _asked(name, "TXT")]


def exchangers(domain: str) -> list[str]:
    """The servers that take a domain's e-mail; none where it has named none.

    Raises:
        Unavailable: nobody can tell now.
    """
    return [str(one.exchange).rstrip(".") for one in _asked(domain, "MX")]


@cache
def _resolver() -> dns.resolver.Resolver:
    """Made once it is needed: a machine may have no resolver's configuration."""
    resolver = dns.resolver.Resolver()
    resolver.lifetime = TIMEOUT
    return resolver


def _asked(name: str, kind: str) -> list[object]:
    try:
        return list(_resolver().resolve(name, kind))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Unavailable(SERVICE, f"does not answer for {name} ({type(error).__name__})") from error
