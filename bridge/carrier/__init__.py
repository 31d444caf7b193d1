"""Carriers bring workers to rung tickets. The truth is the ticket's row; a carrier may lose anything."""

from bridge.carrier.embedded import EmbeddedCarrier

__all__ = ["EmbeddedCarrier"]
