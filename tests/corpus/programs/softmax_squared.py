import numpy as np


class SoftmaxMSE:
    """softmax outputs but squared error, so the whole jacobian is needed"""

    def __init__(self, shape, rate=0.5):
        self.rate = rate
        self.Wh = np.random.randn(shape[1], shape[0])
        self.bh = np.zeros(shape[1])
        self.Wo = np.random.randn(shape[2], shape[1])
        self.bo = np.zeros(shape[2])

    def softmax(self, z):
        e = np.exp(z - np.max(z))
        return e / e.sum()

    def query(self, x):
        self.h = np.tanh(self.Wh @ x + self.bh)
        self.p = self.softmax(self.Wo @ self.h + self.bo)
        return self.p

    def train(self, x, t):
        p = self.query(x)
        err = p - t
        jacobian = np.diag(p) - np.outer(p, p)
        do = jacobian @ err
        dh = (self.Wo.T @ do) * (1 - self.h ** 2)
        self.Wo -= self.rate * np.outer(do, self.h)
        self.bo -= self.rate * do
        self.Wh -= self.rate * np.outer(dh, x)
        self.bh -= self.rate * dh
