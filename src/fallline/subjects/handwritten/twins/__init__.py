"""The project's own network that computes what somebody's network computes."""
