"""Logs: one event a line, JSON where nobody watches; no secret and no address in any of them."""

import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bridge.config import Config, Secret

FIRST = ("timestamp", "level", "event")
"""How a line begins, for those who read it without a tool."""
SHORTEST = 6
"""Characters: what is shorter is part of too many words to be taken out of all of them."""
LONGEST = 20_000
"""Characters of one value that are written: a whole traceback, but no payload."""
# Not tried anew from each character of an endless word.
_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]+@((?:[\w-]+\.)+\w+)")
_PATH_TOKEN = re.compile(r"(/(?:entrar|agir|avisos)/)[^\s/?\"'<]+")


class _Stderr:
    """Whatever stderr is at the time of writing."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        return sys.stderr.isatty()


def configure(config: Config, *, quiet: bool = False) -> None:
    """Set up every log, the libraries' own included. `quiet`: warnings and worse only."""
    out = cast(TextIO, _Stderr())
    as_text = config.log == "text" or (not config.log and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if as_text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    ending: list[Processor] = [structlog.processors.format_exc_info, _Silence(config), renderer]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(out),
    )
    _take_over_the_libraries(shared, ending, out)


def _take_over_the_libraries(shared: list[Processor], ending: list[Processor], out: TextIO) -> None:
    handler = logging.StreamHandler(out)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    named: list[Processor] = [*shared, structlog.stdlib.add_logger_name]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=named, processors=[remove_meta, *ending])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # Each request has a line of ours; werkzeug's own would show query strings.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)


class _Silence:
    """Takes secrets, addresses and links that are keys out of every word of an event."""

    def __init__(self, config: Config) -> None:
        words = {re.escape(word) for word in _secrets(config) if len(word) >= SHORTEST}
        # The longest first: one may hold another.
        self._secret = re.compile("|".join(sorted(words, key=len, reverse=True)) or r"(?!)")

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        ordered = {name: event[name] for name in FIRST if name in event} | dict(event)
        return {name: self._clean(value) for name, value in ordered.items()}

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        # Cut twice: no secret may stand half inside.
        text = self._secret.sub("…", str(value)[: 2 * LONGEST])[:LONGEST]
        return _PATH_TOKEN.sub(r"\1…", _ADDRESS.sub(r"…@\1", text))


def _secrets(part: object) -> Iterator[str]:
    """Every secret of the settings; of those that are addresses, the password alone."""
    if isinstance(part, Secret):
        word = part.reveal()
        inside = re.match(r"\w+://[^/@]*:([^/@]+)@", word)
        yield from [inside[1]] if inside else [word] if word and "://" not in word else []
    elif isinstance(part, tuple):
        for one in part:
            yield from _secrets(one)
    elif is_dataclass(part):
        for one in fields(part):
            yield from _secrets(getattr(part, one.name))
