"""Speed and memory, compared as ratios within one run: `make bench`. Figures are in benchmarks/results/."""
