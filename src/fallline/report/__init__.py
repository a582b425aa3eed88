"""What a run has to say, as text."""
