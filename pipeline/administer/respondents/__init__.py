"""Kinds of respondents, a module each, found by the name that params give as ``kind``.

A module has ``Settings``, which extend ``params.evaluation.Respondent``, and ``answer(name, params, material, engine)``,
which gives all ``Answers`` of the respondent of that name; ``engine`` is None for a kind that asks nobody. Params import
the module to read the settings, so it imports what asks or draws only when it answers.
"""
