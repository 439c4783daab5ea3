"""The Pulumi engine of this project: gets it, and runs it sealed against local Azure.

`engine.get` finds or gets the `pulumi` program, `engine.local.Local` runs it where nothing can reach real Azure, and
`python -m engine` is what the Makefile calls. Nothing here is part of the library, and the library imports none of it.
"""
