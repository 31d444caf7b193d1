"""Who may call us: the receivers, and all that knows a foreign payload."""
