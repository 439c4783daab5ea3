"""Rolling out a change: the gate that a new pool must pass, the canary before it, and what may be deleted when.

Loaded with the component, so nothing here imports `ops` before a hook runs.
"""
