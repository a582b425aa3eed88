"""One program of the corpus after the other, with the parts that its lines play."""
