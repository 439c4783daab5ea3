"""Pulumi programs that benchmarks run on the engine; each is copied into a project of its own."""
