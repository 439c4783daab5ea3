"""What all tests share."""

from hypothesis import settings

# how long one example takes says nothing about it: machines are shared, and the first example imports
settings.register_profile("project", deadline=None)
settings.load_profile("project")
