"""What runs of known truth are drawn from: rows, networks, optimizers, and what a truth needs to be certain."""
