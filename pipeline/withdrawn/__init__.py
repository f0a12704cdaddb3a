"""Posts that were taken back: the register that names them to nobody, and what keeps them out of tables.

Taking one back is `pipeline.takedown`; every scrape and every release look here.
"""
