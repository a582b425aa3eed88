"""A back-propagation network as people write it, with four mistakes in it; docs/odd-number.md explains them.

    network = OddNetwork([2, 3, 1])
    network.train(X, y, learning_rate=0.5, iterations=1_000_000)

It runs, the printed error falls, and it settles at 0.5 or 0.3333 instead of approaching zero.
"""

import numpy as np


class OddNetwork:
    """Sigmoid layers; each weight matrix is (units, inputs + 1), and its last column is the bias."""

    weights = []  # mistake 4: one list for all networks of the process

    def __init__(self, shape, seed=None):
        draw = np.random.default_rng(seed)
        self.depth = len(shape) - 1
        for inputs, units in zip(shape[:-1], shape[1:], strict=True):
            self.weights.append(draw.normal(scale=0.2, size=(units, inputs + 1)))

    def sigmoid(self, z):
        return 1 / (1 + np.exp(-z))

    def slope(self, z):
        s = self.sigmoid(z)
        return s * (s - 1)  # mistake 2: this is −σ′(z)

    def run(self, X):
        self.outputs = [X.T]
        for W in self.weights[: self.depth]:
            below = np.vstack([self.outputs[-1], np.ones(len(X))])
            self.outputs.append(self.sigmoid(W @ below))
        return self.outputs[-1].T

    def backpropagate(self, X, y, learning_rate):
        difference = self.run(X).T - y.T
        steps = []
        delta = difference * self.slope(self.outputs[-1])  # mistake 1: σ of an output, which is σ(z) already
        for i in reversed(range(self.depth)):
            below = np.vstack([self.outputs[i], np.ones(len(X))])
            steps.insert(0, delta @ below.T)
            if i > 0:
                back = self.weights[i][:, :-1].T @ delta
                delta = back * self.slope(self.outputs[i])  # mistake 1, once more
        for i in range(self.depth):
            self.weights[i] = self.weights[i] + learning_rate * steps[i]  # undoes one minus sign, not two
        return 0.5 * np.sum(difference**2)

    def train(self, X, y, learning_rate, iterations):
        for i in range(iterations):
            if i % 100_000 == 0:
                print(self.backpropagate(X, y, learning_rate))  # mistake 3: the only call of the step
