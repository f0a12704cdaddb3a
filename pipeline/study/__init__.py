"""A study on a server: the pages of a folder of forms, and the answers of the people who are asked.

``store`` keeps answers as they are given, ``pages`` serves the forms' own pages, ``app`` is the server, ``export``
writes what `valact import-humans` reads. The server needs the folder without its key.
"""
