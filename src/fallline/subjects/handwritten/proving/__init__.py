"""What mending the mistakes does to the training."""
