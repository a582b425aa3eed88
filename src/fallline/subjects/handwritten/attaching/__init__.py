"""Finding a network in somebody's code: its parameters, forward pass, step, rate and data."""
