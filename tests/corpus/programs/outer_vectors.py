import numpy as np


class TinyNet:
    def __init__(self, n_in=2, n_hid=2, n_out=1, eta=0.4):
        self.eta = eta
        self.w1 = np.random.randn(n_in, n_hid)
        self.b1 = np.random.randn(n_hid)
        self.w2 = np.random.randn(n_hid, n_out)
        self.b2 = np.random.randn(n_out)
        self.h = np.zeros(n_hid)

    @staticmethod
    def activate(v):
        return np.tanh(v)

    @staticmethod
    def slope(v):
        return 1 - v ** 2

    def propagate(self, x):
        self.net1 = x @ self.w1 + self.b1
        self.h = self.activate(self.net1)
        self.net2 = self.h @ self.w2 + self.b2
        return self.activate(self.net2)

    def update(self, x, y):
        """one training example"""
        out = self.propagate(x)
        err = out - y
        dout = err * self.slope(out)
        dhid = (self.w2 @ dout) * self.slope(self.h)
        self.w2 -= self.eta * np.outer(self.h, dout)
        self.b2 -= self.eta * dout
        self.w1 -= self.eta * np.outer(x, dhid)
        self.b1 -= self.eta * dhid
        return float(np.sum(err ** 2))

    def fit(self, X, Y, n):
        for step in range(n):
            total = 0
            for x, y in zip(X, Y):
                total += self.update(x, y)
            if step % 100 == 0:
                print(step, total)
