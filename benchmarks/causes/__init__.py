"""Runs whose cause is known by construction: a module a cause, each with `make(rng) -> Subject` and `ACCEPTED`."""
