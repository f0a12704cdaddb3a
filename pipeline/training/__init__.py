"""Training files made from a release: supervised examples and preference pairs, split by scenario.

``split`` says on which side a scenario stands, ``preference`` what is chosen over what, ``balance`` how many of each
there are, ``wording`` how a question becomes messages, ``formats`` how each trainer wants them, ``folder`` writes.
"""
