"""Filter: rules, texts and near-duplicates make candidates of posts, in the order in which they are judged."""
