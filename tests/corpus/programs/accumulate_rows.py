import numpy as np


class Net:
    def __init__(self, nx, nh, ny):
        self.U = np.random.uniform(-1, 1, (nh, nx))
        self.V = np.random.uniform(-1, 1, (ny, nh))
        self.bu = np.zeros(nh)
        self.bv = np.zeros(ny)

    @staticmethod
    def squash(t):
        return 1.0 / (1.0 + np.exp(-t))

    def output(self, x):
        return self.squash(self.V @ self.squash(self.U @ x + self.bu) + self.bv)

    def epoch(self, X, Y, rate=0.8):
        dU = np.zeros_like(self.U)
        dV = np.zeros_like(self.V)
        dbu = np.zeros_like(self.bu)
        dbv = np.zeros_like(self.bv)
        for x, y in zip(X, Y):
            h = self.squash(self.U @ x + self.bu)
            o = self.squash(self.V @ h + self.bv)
            e = o - y
            go = e * o * (1 - o)
            back = self.V.T @ go
            gh = back * h * (1 - h)
            dV += np.outer(go, h)
            dbv += go
            dU += np.outer(gh, x)
            dbu += gh
        self.V -= rate * dV
        self.bv -= rate * dbv
        self.U -= rate * dU
        self.bu -= rate * dbu
