"""What judgements come to: joined with what was asked, and the verdict of the gate."""
