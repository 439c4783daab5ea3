"""The pages for users; `making` makes some of them."""
