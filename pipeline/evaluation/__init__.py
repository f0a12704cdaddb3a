"""Instruments and who answers them: declared values (PVQ-40) and enacted values (the questions).

Models, simulated respondents and people leave the same tables (pipeline/tables/evaluation.py).
"""
