"""Ways to draw: each takes rows and gives a matplotlib figure. What is drawn with them is in ``report/figures``."""
