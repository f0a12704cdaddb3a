"""Report: the analysis as one page and as Markdown."""
