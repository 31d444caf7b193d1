"""Hostile files, names, titles and texts: nothing runs, nothing leaves its folder, each refusal says why.

`CHAMADOS_TEST_HOSTILE_FILES=300 CHAMADOS_TEST_HOSTILE_TEXTS=50000 pytest -s tests/portal/test_hostile.py`
"""

import io
import os
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import select
from werkzeug.http import parse_options_header

from bridge.portal import files
from bridge.store import drafts
from bridge.store.drafts import StoredFile
from bridge.store.filing import Submission, file_ticket
from bridge.store.tables import Partner, Upload
from tests.portal import hostile
from tests.portal.conftest import ANSWERS, Browser, Portal

FILES = int(os.environ.get("CHAMADOS_TEST_HOSTILE_FILES", "48"))
TEXTS = int(os.environ.get("CHAMADOS_TEST_HOSTILE_TEXTS", "240"))
SEED = int(os.environ.get("CHAMADOS_TEST_SEED", "6"))
ACTIVE = {"iframe", "object", "embed", "svg", "math", "base", "style", "applet", "frame", "portal"}
ADDRESSES = {"href", "src", "action", "formaction", "data", "srcset", "poster"}
SAFE = re.compile(r"(?:/(?!/)|#|data:image/svg\+xml,%3Csvg|https://drive\.example/|mailto:)")


class Markup(HTMLParser):
    """What a page would run, and the words that it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag in ACTIVE or (tag == "script" and not (has.get("src") or "").startswith("/static/")):
            self.runs.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in has:
            self.runs.append("<meta http-equiv>")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.runs.append(f"{tag} {name}")
            if name in ADDRESSES and value and not SAFE.match(value):
                self.runs.append(f"{tag} {name}={value[:60]}")

    def handle_data(self, data: str) -> None:
        self.said += data


def test_hostile_files(browser: Browser, opened: Portal, tmp_path: Path) -> None:
    sent = list(hostile.files(FILES, SEED))
    for start in range(0, len(sent), 10):
        batch = sent[start : start + 10]
        address = browser.new_draft()
        # A form's header cannot hold these as they are; base64 in a tus header can.
        odd = [one for one in batch if set('"\\\r\n\0') & set(one.name)]
        said = _by_form(browser, address, [one for one in batch if one not in odd])
        said += [refusal for one in odd if (refusal := _in_pieces(browser, address, one))]
        expected = sorted((files.display_name(one.name), one.said) for one in batch if one.said)
        assert len(said) == len(expected), (expected, said)
        for (name, reason), refusal in zip(expected, sorted(said), strict=True):
            assert refusal.startswith(f"“{name}”: ")
            assert reason in refusal, name
        _handed_out_safely(browser, opened, address, expected=[one for one in batch if not one.said])
    strangers = [path for path in tmp_path.rglob("*") if path.is_file() and not _is_ours(path, opened)]
    assert strangers == []
    refused = sum(bool(one.said) for one in sent)
    print(
        f"{len(sent)} hostile files (seed {SEED}): {refused} refused by name with the right reason, ", end=""
    )
    print(f"{len(sent) - refused} kept as downloads, 0 rendered inline, 0 outside their folder")


def _by_form(browser: Browser, address: str, batch: list[hostile.HostileFile]) -> list[str]:
    """What the page says of the files that it does not take."""
    given = [(io.BytesIO(one.content), one.name) for one in batch]
    page = browser.fill(address, "salvar", arquivos=given)
    shown = page.text if page.status_code == 422 else browser.get(address).text
    assert Markup(shown).runs == []
    field = re.search(r'id="erro-arquivos">(.*?)</div>', shown, re.S)
    said = re.findall(r"<p>(.*?)</p>", field[1], re.S) if field else []
    return [Markup(one).said.removeprefix("Erro: ") for one in said]


def _in_pieces(browser: Browser, address: str, file: hostile.HostileFile) -> str:
    """What the script is told of the file, if it is not taken."""
    answer = browser.begin(address, file.name, len(file.content))
    if answer.status_code == 201:
        answer = browser.piece(answer.location or "", file.content, offset=0)
    return answer.get_json()["erro"] if answer.status_code == 422 else ""


def _handed_out_safely(
    browser: Browser, opened: Portal, address: str, *, expected: list[hostile.HostileFile]
) -> None:
    with opened.services.store.read() as db:
        kept = list(db.scalars(select(Upload).where(Upload.draft_id == address.rpartition("/")[2])))
    # Sent twice, the same file under the same name is kept once.
    assert {one.filename for one in kept} == {files.display_name(one.name) for one in expected}
    for upload in kept:
        answer = browser.get(f"{address}/arquivos/{upload.id}")
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        if upload.content_type.startswith("image/"):
            picture = Image.open(io.BytesIO(answer.data))
            assert not picture.getexif(), upload.filename
            assert not {"exif", "comment", "xmp"} & set(picture.info)


def _is_ours(path: Path, opened: Portal) -> bool:
    in_folder = path.parent == opened.services.config.files
    return (
        in_folder and re.fullmatch(r"[0-9a-f]{32}(\.mini)?", path.name) is not None
    ) or path.name.startswith("chamados.db")


def test_hostile_names_titles_and_texts(browser: Browser, opened: Portal) -> None:
    dice = random.Random(SEED)
    partner = opened.partner("ana@revenda.com.br")
    (opened.services.config.files).mkdir(exist_ok=True)
    (opened.services.config.files / "same").write_bytes(b"x")
    sent = 0
    while sent < TEXTS:
        title, text, original, *flow = (hostile.words(dice) for _ in range(8))
        names = [f"{hostile.words(dice)}.txt" for _ in range(8)]
        answers = {**ANSWERS, "titulo": title, "descricao": text, "fluxo": flow, "notificar": [], "links": []}
        number, upload_ids = _filed(opened, partner, answers=answers, original=original, names=names)
        page = Markup(browser.get(f"/chamados/CT-{number}").text)
        assert page.runs == [], (answers, original, names)
        said, shown = _flat(page.said), [files.display_name(name) for name in names]
        assert [one for one in (title, text, original, *flow, *shown) if _flat(one) not in said] == []
        assert [one for one in shown if set("/\\\r\n\0") & set(one) or one in {".", ".."}] == []
        place = dice.randrange(len(names))
        saved = browser.get(f"/chamados/CT-{number}/arquivos/{upload_ids[place]}")
        assert parse_options_header(saved.headers["Content-Disposition"]) == (
            "attachment",
            {"filename": shown[place]},
        )
        sent += 8 + len(names)
    listed = Markup(browser.get("/chamados?situacao=todos").text)
    assert listed.runs == []
    print(f"{sent} hostile names, titles and texts (seed {SEED}): 0 active HTML, 0 path escapes")


def _filed(
    opened: Portal, partner: Partner, *, answers: dict[str, Any], original: str, names: list[str]
) -> tuple[int, list[int]]:
    """The ticket's number and its files'."""
    with opened.services.store.begin() as db:
        uploads = [
            drafts.add_upload(db, partner, _stored(name), draft_id=None, now=opened.now[0]).id
            for name in names
        ]
        submission = Submission(
            partner=partner, answers=answers, original=original, upload_ids=tuple(uploads)
        )
        return file_ticket(db, submission, status="Triagem", now=opened.now[0]).id, uploads


def _stored(name: str) -> StoredFile:
    return StoredFile(
        filename=files.display_name(name),
        content_type="text/plain",
        size=1,
        sha256="0" * 64,
        stored_as="same",
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
