"""Where the bridge keeps what it knows: tables, and the queries on them."""

from bridge.store.engine import Store, refuse_in_transaction

__all__ = ["Store", "refuse_in_transaction"]
