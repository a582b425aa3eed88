"""What each line of a hand-written step computes: the step run under a line tracer, its values matched by numbers."""
