"""What everything stands on: errors, documents, files written whole, invariants, seeded draws, progress."""
