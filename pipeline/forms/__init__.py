"""Questionnaires for people: designed (``balance``, ``design``), worded (``texts``), rendered (``page``, ``csv``), and
put into a folder whose key stays with the researcher (``folder``)."""
