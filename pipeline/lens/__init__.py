"""ValueActionLens: actions for and against a value in a country and a topic, stated values, and choices between both.

After "Mind the Value-Action Gap" (arXiv 2501.15463). Its own are the grid, the prompts, the design of what is asked and
the words of its release; everything else is shared with ValAct.
"""
