"""Looking at the data: scenarios with their actions, questions, votes, checks, judgements, and what was chosen."""
