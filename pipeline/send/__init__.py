"""Send: the sample that raters judge."""
