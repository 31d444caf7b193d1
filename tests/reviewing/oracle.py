"""What a pull request says, told event by event; nothing of `bridge` is used."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Oracle:
    """`said`: each reviewer's standing word and the head that it was said of."""

    open: bool = False
    merged: bool = False
    draft: bool = False
    head: int = 0
    said: tuple[tuple[str, str, int], ...] = ()

    def after(self, event: str, *, stale_on_push: bool) -> "Oracle":
        who = event[-1]
        others = tuple(one for one in self.said if one[0] != who)
        if event.startswith("open"):
            return Oracle(open=True, draft=event == "open as draft")
        if event.startswith("approve"):
            return replace(self, said=(*others, (who, "yes", self.head)))
        if event.startswith("request changes"):
            return replace(self, said=(*others, (who, "no", self.head)))
        if event.startswith(("dismiss", "re-request")):
            return replace(self, said=others)
        if event == "push":
            kept = tuple(one for one in self.said if one[1] == "no" or not stale_on_push)
            return replace(self, head=self.head + 1, said=kept)
        if event in {"close", "reopen"}:
            return replace(self, open=event == "reopen")
        if event == "merge":
            return replace(self, open=False, merged=True)
        return replace(self, draft=event == "draft") if event in {"draft", "ready"} else self

    def verdict(self, *, approvals: int) -> str | None:
        words = [word for _, word, _ in self.said]
        if self.merged:
            return "approved"
        if not self.open:
            return None
        if "no" in words:
            return "changes_requested"
        if self.draft:
            return "work_started"
        return "approved" if words.count("yes") >= approvals else "review_pending"

    def is_fixed(self) -> bool:
        """Pushed to after each of the objections."""
        heads = [head for _, word, head in self.said if word == "no"]
        return self.open and bool(heads) and self.head not in heads

    @property
    def key(self) -> tuple[object, ...]:
        ages = tuple(sorted((who, word, self.head - head) for who, word, head in self.said))
        return self.open, self.merged, self.draft, ages
