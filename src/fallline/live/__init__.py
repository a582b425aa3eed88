"""The live page: a run as it happens, in the browser, from a process of its own that reads the run's folder alone."""
