"""What a step really does, and which mistaken back-propagation does just that."""
