"""Operating pools that exist: what the command `extension-pool` is made of.

Needs the extra `ops` of the distribution; the library itself never imports it.
"""
