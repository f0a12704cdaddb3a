"""The report: sentences, tables and figures of one analysis, as one page and as Markdown."""
