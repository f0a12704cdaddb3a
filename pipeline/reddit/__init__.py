"""Sources of posts: the sample, dumps, Reddit's listings, and lists of ids. All give the same two tables."""
