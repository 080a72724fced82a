"""One command a figure, beside a baseline in the same run: `./run bench NAME`. Ratios, not milliseconds."""
