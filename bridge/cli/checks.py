"""The checks of `doctor`, side by side: one that hangs hides no other's answer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from bridge.cli.findings import Finding
from bridge.clients.errors import Refused, Unavailable

Check = Callable[[], Finding | list[Finding]]


class Checks:
    """Checks at work, each in a thread of its own."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[Future[list[Finding]], str]] = {}

    def begin(self, name: str, check: Check, *, remedy: str) -> None:
        """Let a check begin. `remedy`: what is to be done where it breaks off."""
        found: Future[list[Finding]] = Future()
        self._begun[name] = found, remedy
        # A pool's threads would be waited for at the end of the program, the hanging ones too.
        work = threading.Thread(
            target=lambda: found.set_result(_carried_out(name, check, remedy)), name=name, daemon=True
        )
        work.start()

    def went_well(self, name: str) -> bool:
        """Whether a check has found nothing wrong; waits for it."""
        return all(one.state != "error" for one in self._begun[name][0].result())

    def findings(self, *, seconds: float) -> list[Finding]:
        """What all of them have found, in the order of their beginnings, `seconds` from now at most."""
        wait([found for found, _ in self._begun.values()], timeout=seconds)
        late = f"no answer in {seconds:.0f} s"
        return [
            one
            for name, (found, remedy) in self._begun.items()
            for one in (found.result() if found.done() else [Finding(name, "error", late, remedy)])
        ]


def _carried_out(name: str, check: Check, remedy: str) -> list[Finding]:
    try:
        found = check()
    except (Unavailable, Refused) as error:
        return [Finding(name, "error", error.reason, remedy)]
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        return [Finding(name, "error", said, remedy)]
    return [found] if isinstance(found, Finding) else found
