"""A list of partners as a spreadsheet saves it: read whole, and taken whole or not at all."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Session

from bridge.store import people
from bridge.store.searching import folded

COLUMNS = ("nome", "email", "organizacao")


class ListRefused(Exception):
    """The list cannot be taken. `faults` holds one sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    email: str
    organisation: str


def read(content: bytes) -> list[Row]:
    """The rows of a CSV file with the columns nome, email and, if there are any, organizacao.

    Raises:
        ListRefused: with every fault found, each with its line.
    """
    try:
        text = content.decode("utf-8-sig")  # Excel in Brazil writes a byte order mark and splits by semicolon
    except UnicodeDecodeError:
        raise ListRefused(["O arquivo não está em UTF-8. Salve-o como “CSV UTF-8”."]) from None
    header, _, _ = text.partition("\n")
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in header else ",")
    names = {folded(name.strip()): name for name in rows.fieldnames or ()}
    if not {"nome", "email"} <= names.keys():
        raise ListRefused([f"A primeira linha deve ter as colunas {', '.join(COLUMNS)}."])
    found, faults = [], []
    for row in rows:
        given = {column: str(row.get(names.get(column, "")) or "").strip() for column in COLUMNS}
        wrong = fault(given)
        if wrong:
            faults.append(f"Linha {rows.line_num}: {wrong}")
        else:
            found.append(Row(name=given["nome"], email=given["email"], organisation=given["organizacao"]))
    if faults:
        raise ListRefused(faults)
    return found


def take(db: Session, rows: list[Row], *, now: datetime) -> None:
    """Register every partner of the list; those who are known take its names and organisations."""
    for row in rows:
        people.register(db, name=row.name, email=row.email, organisation=row.organisation, now=now)


def fault(given: dict[str, str]) -> str:
    """What is wrong with a row, as a sentence; empty when nothing is."""
    if not given["nome"]:
        return "Falta o nome."
    try:
        validate_email(given["email"], check_deliverability=False)
    except EmailNotValidError:
        return f"“{given['email'][:80]}” não é um e-mail."
    return ""
