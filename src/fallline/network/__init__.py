"""What a network is: an architecture with its weights, how they are drawn, and its file."""

from fallline.network.initialisers import INITIALISERS
from fallline.network.network import Network

__all__ = ["INITIALISERS", "Network"]
