"""Runs that are finished, or still fall as they should: a module a family, each with `make(rng) -> Subject`."""
