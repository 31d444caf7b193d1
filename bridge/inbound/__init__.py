"""E-mails that come in, understood: what kind each is, and what in it are the writer's own words. Pure."""
