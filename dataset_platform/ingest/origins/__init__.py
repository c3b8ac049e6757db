"""Where a source's files come from, and how they get into the landing area: pinned, verified, on request."""
