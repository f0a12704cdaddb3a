"""The same questions to the same respondent, again and again: has it changed, and since when?

``choose`` takes the questions, ``folder`` keeps them and the answers of each date, ``ask`` asks, ``monitor`` tests
every date so that looking often raises no more false alarms than was said, ``figure`` draws.
"""
