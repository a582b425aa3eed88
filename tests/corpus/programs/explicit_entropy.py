import numpy as np


class LogisticNet:
    def __init__(self, n_x=3, n_h=4, alpha=0.3):
        self.alpha = alpha
        self.W1 = np.random.randn(n_h, n_x)
        self.b1 = np.zeros((n_h, 1))
        self.W2 = np.random.randn(1, n_h)
        self.b2 = np.zeros((1, 1))

    def g(self, Z):
        return 1 / (1 + np.exp(-Z))

    def forward(self, X):
        self.Z1 = self.W1 @ X + self.b1
        self.A1 = self.g(self.Z1)
        self.Z2 = self.W2 @ self.A1 + self.b2
        self.A2 = self.g(self.Z2)
        return self.A2

    def gradient_descent_step(self, X, Y):
        self.forward(X)
        # derivative of the cross entropy with respect to the output
        dA2 = -(Y / self.A2) + (1 - Y) / (1 - self.A2)
        dZ2 = dA2 * self.A2 * (1 - self.A2)
        dA1 = self.W2.T @ dZ2
        dZ1 = dA1 * self.A1 * (1 - self.A1)
        self.W2 -= self.alpha * dZ2 @ self.A1.T
        self.b2 -= self.alpha * dZ2.sum(axis=1, keepdims=True)
        self.W1 -= self.alpha * dZ1 @ X.T
        self.b1 -= self.alpha * dZ1.sum(axis=1, keepdims=True)
