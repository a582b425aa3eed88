import numpy as np


class Perceptron2:
    """Theta matrices, bias unit in front (x0 = 1)"""

    def __init__(self, sizes, alpha):
        self.alpha = alpha
        self.Theta1 = 2 * np.random.rand(sizes[1], sizes[0] + 1) - 1
        self.Theta2 = 2 * np.random.rand(sizes[2], sizes[1] + 1) - 1

    def g(self, z):
        return 1.0 / (1.0 + np.exp(-z))

    def gprime(self, z):
        return self.g(z) * (1 - self.g(z))

    def h(self, x):
        a1 = np.concatenate(([1], x))
        z2 = self.Theta1 @ a1
        a2 = np.concatenate(([1], self.g(z2)))
        z3 = self.Theta2 @ a2
        return self.g(z3)

    def learn(self, x, y):
        a1 = np.concatenate(([1], x))
        z2 = self.Theta1 @ a1
        a2 = np.concatenate(([1], self.g(z2)))
        z3 = self.Theta2 @ a2
        a3 = self.g(z3)

        delta3 = (a3 - y) * self.gprime(z3)
        delta2 = (self.Theta2[:, 1:].T @ delta3) * self.gprime(z2)

        self.Theta2 = self.Theta2 - self.alpha * np.outer(delta3, a2)
        self.Theta1 = self.Theta1 - self.alpha * np.outer(delta2, a1)
        return np.sum((a3 - y) ** 2)
