import numpy as np
import matplotlib.pyplot as plt

class LeakyNet:
    ALPHA = 0.1

    def __init__(self, n_x, n_1, n_2):
        rs = np.random.RandomState(6)
        self.W = {1: rs.randn(n_x, n_1) * .5, 2: rs.randn(n_1, n_2) * .5, 3: rs.randn(n_2, 1) * .5}
        self.B = {1: np.zeros(n_1), 2: np.zeros(n_2), 3: np.zeros(1)}
        self.A = {}
        self.Z = {}
        self.history = []

    @classmethod
    def leaky(cls, z):
        return np.where(z > 0, z, cls.ALPHA * z)

    @classmethod
    def leaky_grad(cls, z):
        return np.where(z > 0, 1.0, cls.ALPHA)

    def forward(self, X):
        self.A[0] = X
        for i in (1, 2):
            self.Z[i] = self.A[i - 1] @ self.W[i] + self.B[i]
            self.A[i] = self.leaky(self.Z[i])
        self.A[3] = self.Z[3] = self.A[2] @ self.W[3] + self.B[3]
        return self.A[3]

    def backward(self, y, lr):
        m = len(y)
        dZ = (self.A[3] - y) / m
        for i in (3, 2, 1):
            dW = self.A[i - 1].T @ dZ
            dB = dZ.mean(axis=0)
            if i > 1:
                dA = dZ @ self.W[i].T
                dZ = dA * self.leaky_grad(self.Z[i - 1])
            self.W[i] -= lr * dW
            self.B[i] -= lr * dB

    def fit(self, X, y, epochs=300, lr=0.1, verbose=1):
        for ep in range(epochs):
            out = self.forward(X)
            self.history.append(float(((out - y) ** 2).mean()))
            self.backward(y, lr)
            if verbose and ep % 100 == 0:
                print(ep, self.history[-1])

np.random.seed(1)
X = np.random.randn(70, 3)
y = np.maximum(X[:, :1], 0) - 0.5 * X[:, 1:2]
net = LeakyNet(3, 8, 5)
net.fit(X, y)
plt.semilogy(net.history)
plt.show()
