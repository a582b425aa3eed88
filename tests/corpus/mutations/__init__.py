"""The mistakes that people make in back-propagation, planted into a healthy program's text."""

from .mutation import FAMILIES, Mutation, mutations

__all__ = ["FAMILIES", "Mutation", "mutations"]
