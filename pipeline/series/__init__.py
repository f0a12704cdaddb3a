"""A series of a respondent's answers to the same questions: ``folder`` keeps it, ``monitor`` tests every date so that
looking often raises no more false alarms than was said, ``figure`` draws it."""
