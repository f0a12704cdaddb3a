"""Filter: rules, texts, near-duplicates and privacy make candidates of posts."""
