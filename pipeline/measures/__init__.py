"""Measures of the gap between what is declared and what is enacted, for any dataset that fills the two tables of
``pipeline/tables/waist.py``.

``waist`` fills them from answers, ``cells`` joins them, ``contingency`` and ``gaps`` are the measures, each a function
of sums over scenarios; ``nested`` gives these their intervals, ``effects`` tests countries and topics, ``stability`` is
about prompts, ``prediction`` about an observer's guesses; ``study`` makes the tables of all of it.
"""
