"""Networks that others wrote, made examinable."""
