"""A small browser for the journey: follows links and fills in forms as a partner would, over real HTTP."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 30
File = tuple[str, bytes, str]


class PageFault(Exception):
    """The page is not what the journey needs. The message names what was looked for."""


@dataclass
class Form:
    """A form as the page has it: where it goes and what is filled in already."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[dict[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """Gathers the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""
        self._writing: list[str] | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(action=has.get("action", ""), method=has.get("method", "get").lower())
            self.forms.append(self._open)
        if self._open is None:
            return
        name = has.get("name", "")
        if tag == "input":
            self._input(self._open, name, has)
        elif tag == "select":
            self._select = name
            self._open.names.add(name)
        elif tag == "option" and "selected" in has:
            self._open.values.append((self._select, has.get("value", "")))
        elif tag in {"textarea", "button"}:
            self._writing, self._area = [], name
            if tag == "button":
                self._open.buttons.append({**has, "text": ""})
            else:
                self._open.names.add(name)

    def handle_data(self, data: str) -> None:
        if self._writing is not None:
            self._writing.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        if self._open is None or self._writing is None:
            return
        text = "".join(self._writing)
        if tag == "textarea":
            self._open.values.append((self._area, text.removeprefix("\n")))
            self._writing = None
        elif tag == "button":
            self._open.buttons[-1]["text"] = " ".join(text.split())
            self._writing = None

    @staticmethod
    def _input(form: Form, name: str, has: dict[str, str]) -> None:
        kind = has.get("type", "text")
        form.names.add(name)
        if kind in {"file", "submit"} or (kind in {"checkbox", "radio"} and "checked" not in has):
            return
        if name:
            form.values.append((name, has.get("value", "")))


class Browser:
    """One person's browser, with its cookies."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._session = requests.Session()
        self.url = origin
        self.text = ""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def open(self, path: str) -> None:
        self._take(self._session.get(urljoin(self._origin, path), timeout=TIMEOUT))

    def press(
        self, button: str, answers: dict[str, Any] | None = None, files: list[File] | None = None
    ) -> None:
        """Fill in the form that has this button and press it.

        Raises:
            PageFault: no form of the page has it, or the site refused.
        """
        form, pressed = self._find(button)
        answers = answers or {}
        values = [(name, value) for name, value in form.values if name not in answers]
        values += [(name, str(value)) for name, value in answers.items()]
        if pressed.get("name"):
            values.append((pressed["name"], pressed.get("value", "")))
        # requests makes the body multipart when there are files, as a browser does.
        parts = [("arquivos", file) for file in files or []]
        address = urljoin(self.url, pressed.get("formaction") or form.action or self.url)
        self._take(
            self._session.request(form.method, address, data=values, files=parts or None, timeout=TIMEOUT)
        )

    def _find(self, button: str) -> tuple[Form, dict[str, str]]:
        parser = _Forms()
        parser.feed(self.text)
        for form in parser.forms:
            for one in form.buttons:
                if one["text"].lower().startswith(button.lower()):
                    return form, one
        seen = ", ".join(one["text"] for form in parser.forms for one in form.buttons)
        raise PageFault(f"{self.url} has no button {button!r}; it has: {seen or 'none'}")

    def _take(self, answer: requests.Response) -> None:
        self.url, self.text = answer.url, answer.text
        if not answer.ok:
            raise PageFault(f"{answer.request.method} {answer.url} answered {answer.status_code}")
