"""Anybody's answers as tables: read (``readers``), held to a contract (``contract``), turned into the tables of any
other respondent, with a ledger row for everything that could not be (``imports``)."""
