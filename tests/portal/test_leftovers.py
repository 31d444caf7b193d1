"""Old drafts and files that nothing refers to go; what somebody may still want stays."""

import io
import os
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from bridge.portal import leftovers
from bridge.store.tables import ArrivingFile, Draft, Upload
from tests.portal.conftest import PNG, Browser, Portal


def age(folder: Path, *, hours: float) -> None:
    """Make every file there so old."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - hours * 3600,) * 2)


def count(opened: Portal, table: type) -> int:
    with opened.services.store.read() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_an_old_draft_goes_with_its_files(browser: Browser, opened: Portal) -> None:
    folder = opened.services.config.files
    number = browser.file_ticket(arquivos=(io.BytesIO(PNG), "do chamado.png"))
    old = browser.new_draft()
    browser.fill(old, "salvar", arquivos=(io.BytesIO(PNG + b" "), "velho.png"))
    opened.wait(timedelta(days=89))
    browser = opened.signed_in()
    young = browser.new_draft()
    browser.fill(young, "salvar", arquivos=(io.BytesIO(PNG + b"  "), "novo.png"))
    assert len(list(folder.iterdir())) == 6  # three pictures, each with its thumbnail
    opened.wait(timedelta(days=2))
    age(folder, hours=25)
    assert leftovers.tidy(opened.services) == (
        "forgot 1 old drafts and the bodies of 0 webhooks, and deleted 2 files that nothing refers to"
    )
    browser = opened.signed_in()
    assert browser.get(f"{young}/arquivos").text.count("novo.png") > 0
    assert "velho.png" not in browser.get(old).text
    assert browser.get(f"/chamados/CT-{number}/arquivos/1").data == PNG
    assert browser.get(f"/chamados/CT-{number}/arquivos/1/miniatura").status_code == 200
    assert len(list(folder.iterdir())) == 4


def test_what_is_young_may_be_about_to_get_its_row(browser: Browser, opened: Portal) -> None:
    folder = opened.services.config.files
    folder.mkdir()
    (folder / ("a" * 32)).write_bytes(b"nobody's")
    age(folder, hours=23)
    leftovers.tidy(opened.services)
    assert len(list(folder.iterdir())) == 1
    age(folder, hours=25)
    assert leftovers.tidy(opened.services) == ""  # an hour has not passed
    opened.wait(timedelta(hours=1))
    leftovers.tidy(opened.services)
    assert list(folder.iterdir()) == []


def test_pieces_that_were_given_up_go(browser: Browser, opened: Portal) -> None:
    draft = browser.new_draft()
    given_up = browser.begin(draft, "a.png", len(PNG)).location or ""
    opened.wait(timedelta(hours=23))
    browser = opened.signed_in()
    going = browser.begin(draft, "b.png", len(PNG)).location or ""
    browser.piece(going, PNG[:20], offset=0)
    opened.wait(timedelta(hours=2))
    age(opened.services.config.files, hours=25)
    leftovers.tidy(opened.services)
    assert [path.suffix for path in opened.services.config.files.iterdir()] == [".part"]
    browser = opened.signed_in()
    assert browser.tus("HEAD", given_up).status_code == 404
    assert browser.piece(going, PNG[20:], offset=20).status_code == 204
    assert count(opened, ArrivingFile) == 1


def test_files_of_a_reply_that_was_never_sent_go(browser: Browser, opened: Portal) -> None:
    number = browser.file_ticket()
    opened.move(number, "Faltam Informações")
    path = f"/chamados/CT-{number}/responder"
    browser.post(path, {"texto": "", "arquivos": (io.BytesIO(PNG), "nunca.png")})
    browser.post(path, {"texto": "Aqui está", "arquivos": (io.BytesIO(PNG), "enviado.png")})
    opened.wait(timedelta(days=2, seconds=1))
    leftovers.tidy(opened.services)
    with opened.services.store.read() as db:
        assert db.scalars(select(Upload.filename)).all() == ["enviado.png"]
    assert count(opened, Draft) == 1
