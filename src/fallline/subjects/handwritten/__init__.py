"""Networks that somebody wrote by hand in NumPy or plain Python: attached, compared with their twin, and explained."""
