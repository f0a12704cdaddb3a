"""Answers of people: files as they come (``files``, ``instrument_table``), read by the key (``reading``), checked
(``checks``) and turned into the tables of any other respondent, without anything that says who they are
(``imports``)."""
