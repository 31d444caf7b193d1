"""The bridge between partners, Jira and GitHub: what we do about what the outside tells us."""

__version__ = "0.1.0"
