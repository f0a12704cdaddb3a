"""Looking after recorded responses: listing, forgetting, verifying."""
