"""How fast and how frugal the command is, as ratios against a baseline of the same run. `make bench` prints them."""
