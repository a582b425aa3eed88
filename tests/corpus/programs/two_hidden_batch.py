import numpy as np


def sig(x):
    return 1.0 / (1.0 + np.exp(-x))


def dsig(x):
    s = sig(x)
    return s * (1 - s)


class MLP:
    def __init__(self, a, b, c, d):
        self.w1 = np.random.normal(0, 1, (a, b))
        self.w2 = np.random.normal(0, 1, (b, c))
        self.w3 = np.random.normal(0, 1, (c, d))
        self.t1 = np.random.normal(0, 1, b)
        self.t2 = np.random.normal(0, 1, c)
        self.t3 = np.random.normal(0, 1, d)

    def feedforward(self, x):
        self.x = x
        self.n1 = x @ self.w1 + self.t1
        self.o1 = sig(self.n1)
        self.n2 = self.o1 @ self.w2 + self.t2
        self.o2 = sig(self.n2)
        self.n3 = self.o2 @ self.w3 + self.t3
        self.o3 = sig(self.n3)
        return self.o3

    def backprop(self, x, y, alpha):
        self.feedforward(x)
        g3 = (self.o3 - y) * dsig(self.n3)
        g2 = (g3 @ self.w3.T) * dsig(self.n2)
        g1 = (g2 @ self.w2.T) * dsig(self.n1)
        self.w3 -= alpha * (self.o2.T @ g3)
        self.t3 -= alpha * g3.sum(axis=0)
        self.w2 -= alpha * (self.o1.T @ g2)
        self.t2 -= alpha * g2.sum(axis=0)
        self.w1 -= alpha * (self.x.T @ g1)
        self.t1 -= alpha * g1.sum(axis=0)

    def mse(self, x, y):
        return ((self.feedforward(x) - y) ** 2).mean()

    def train(self, x, y, alpha=0.5, epochs=10000, verbose=True):
        for e in range(epochs):
            self.backprop(x, y, alpha)
            if verbose and e % 1000 == 0:
                print(e, self.mse(x, y))
