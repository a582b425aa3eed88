import numpy as np


class Regression:
    def __init__(self, n_features, n_hidden=5, lr=0.1):
        self.lr = lr
        self.W = np.random.randn(n_features, n_hidden)
        self.b = np.zeros(n_hidden)
        self.v = np.random.randn(n_hidden)
        self.c = 0.0

    def forward(self, X):
        self.h = np.tanh(X @ self.W + self.b)
        return (self.h @ self.v + self.c).reshape(-1, 1)

    def fit_step(self, X, y):
        n = len(X)
        pred = self.forward(X)
        err = pred - y
        grad_v = (self.h.T @ err).sum(axis=1) / n
        grad_c = err.sum() / n
        back = err.sum(axis=1, keepdims=True) * self.v
        d = back * (1 - self.h ** 2)
        grad_W = X.T @ d / n
        grad_b = d.sum(axis=0) / n
        self.v = self.v - self.lr * grad_v
        self.c = self.c - self.lr * grad_c
        self.W = self.W - self.lr * grad_W
        self.b = self.b - self.lr * grad_b
        return float((err ** 2).mean())
