"""What all tests share."""

import os

from hypothesis import settings

# How long one example takes says nothing about it: machines are shared, and the first example imports. In CI the same
# examples every time: a new one is for whoever looks for it.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("project")
