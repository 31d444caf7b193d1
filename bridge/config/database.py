"""Where the tables are: a file of SQLite's, or a PostgreSQL server."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bridge.environment import QUOTE, Reader

SUPPORTED = {"sqlite", "postgresql"}
SQLITE_BEGINS = b"SQLite format 3\0"


def database(reader: Reader, name: str, default: str) -> str:
    """The database's address, checked as far as it can be without connecting."""
    value = reader.text(name, default)
    if value.startswith("postgres://"):  # as hosting providers write it
        value = value.replace("postgres://", "postgresql://", 1)
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        reader.check(name, good=False, remedy=f"must look like sqlite:///… or postgresql://…; {QUOTE}")
        return value
    supported = url.get_backend_name() in SUPPORTED
    reader.check(name, supported, "must be sqlite:///… or postgresql://…; no other database is supported")
    if url.get_backend_name() == "sqlite":
        reader.check(name, *_file(url))
    return value


def _file(url: URL) -> tuple[bool, str]:
    """Whether SQLite's file can be one, or be made; and what is wrong where not."""
    if url.database in {None, "", ":memory:"} or "uri" in url.query:
        return True, ""
    path = Path(str(url.database))
    try:
        if not path.exists():
            return path.parent.is_dir(), "its file's folder does not exist"
        with path.open("rb") as file:
            begin = file.read(len(SQLITE_BEGINS))
    except OSError as error:
        return False, f"its file cannot be read: {error.strerror}"
    return begin in {b"", SQLITE_BEGINS}, "names a file that is no SQLite database"
