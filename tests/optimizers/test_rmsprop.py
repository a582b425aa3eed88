from __future__ import annotations

import math

from fallline.optimizers import Cosine, RMSprop

from .problems import assert_follows, assert_reaches_least_squares


def rule(w, g, memory, t):
    """Tieleman & Hinton (2012), lecture 6.5."""
    memory["s"] = 0.95 * memory.get("s", 0.0) + 0.05 * g**2
    return w - 0.02 * g / (math.sqrt(memory["s"]) + 1e-3)


def test_each_step_follows_tieleman_and_hinton():
    assert_follows(RMSprop(learning_rate=0.02, decay=0.95, epsilon=1e-3), rule)


def test_it_reaches_least_squares_while_the_rate_falls():
    assert_reaches_least_squares(RMSprop(learning_rate=Cosine(0.05, 1500)), 1500, relative=1e-9)
