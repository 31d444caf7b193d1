"""What a Jira site must be like for the bridge, held against what it is like. Pure: no calls."""

from bridge.provision.changes import Change, Kind, Way, counted
from bridge.provision.compare import compare, unchecked
from bridge.provision.live import Live
from bridge.provision.wanted import Wanted, wanted_site

__all__ = ["Change", "Kind", "Live", "Wanted", "Way", "compare", "counted", "unchecked", "wanted_site"]
