"""Where the bridge keeps what it knows: tables, and the queries on them."""

from bridge.store.engine import Store
from bridge.store.turns import outside

__all__ = ["Store", "outside"]
