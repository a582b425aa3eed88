"""Fallline trains feed-forward networks down to their floor, and says why when one stops short."""

__version__ = "0.1.0"
