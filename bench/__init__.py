"""How fast and how frugal command and component are, as ratios against baselines of the same run.

`make bench` prints them; `python -m bench.profile` says where the time goes.
"""
