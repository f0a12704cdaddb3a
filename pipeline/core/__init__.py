"""What everything stands on: errors, seeded draws, progress."""
