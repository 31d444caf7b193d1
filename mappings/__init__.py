"""What the operator may change, as checked and frozen values: `load()` them."""

from mappings.faults import Fault, MappingError
from mappings.loader import load
from mappings.model import Mappings

__all__ = ["Fault", "MappingError", "Mappings", "load"]
