import numpy as np


class ReluNet(object):
    def __init__(self, n0, n1, n2, rate):
        self.W1 = np.random.randn(n1, n0) * 0.8
        self.B1 = np.full((n1, 1), 0.1)
        self.W2 = np.random.randn(n2, n1) * 0.8
        self.B2 = np.zeros((n2, 1))
        self.rate = rate

    def leaky(self, z):
        return np.where(z > 0, z, 0.01 * z)

    def run(self, x):
        x = np.reshape(x, (-1, 1))
        return np.dot(self.W2, self.leaky(np.dot(self.W1, x) + self.B1)) + self.B2

    def backpropogate(self, x, y):
        x = np.reshape(x, (-1, 1))
        y = np.reshape(y, (-1, 1))
        Z1 = np.dot(self.W1, x) + self.B1
        A1 = self.leaky(Z1)
        out = np.dot(self.W2, A1) + self.B2
        delta2 = 2 * (out - y)
        delta1 = np.dot(self.W2.T, delta2) * np.where(Z1 > 0, 1, 0.01)
        self.W2 = self.W2 - self.rate * np.dot(delta2, A1.T)
        self.B2 = self.B2 - self.rate * delta2
        self.W1 = self.W1 - self.rate * np.dot(delta1, x.T)
        self.B1 = self.B1 - self.rate * delta1
