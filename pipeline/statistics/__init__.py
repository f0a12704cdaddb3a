"""Statistics that steps share: resampling, intervals, agreement.

One way to draw (``resampling``), one Wilson interval (``wilson``), and a bootstrap for each of two designs:
``intervals.bootstrap`` for figures of one table of items, bias-corrected and accelerated, because samples of items are
small and shares are near one; ``bootstrap.Draws`` for everything that hangs on scenarios at once, drawn together so
that differences are paired.
"""
