import numpy as np


class DeepNet:
    def __init__(self, dims):
        self.dims = dims
        self.Ws = [np.random.normal(0, 1.2 / np.sqrt(i), (i, o)) for i, o in zip(dims, dims[1:])]
        self.bs = [np.zeros(o) for o in dims[1:]]

    def forward(self, x):
        self.hs = [x]
        self.ss = []
        for W, b in zip(self.Ws, self.bs):
            self.ss.append(self.hs[-1].dot(W) + b)
            self.hs.append(np.tanh(self.ss[-1]))
        return self.hs[-1]

    def gradients(self, y):
        gW, gb = [], []
        g = self.hs[-1] - y
        for k in range(len(self.Ws) - 1, -1, -1):
            g = g * (1 - np.tanh(self.ss[k]) ** 2)
            gW.insert(0, self.hs[k].T.dot(g))
            gb.insert(0, g.sum(axis=0))
            g = g.dot(self.Ws[k].T)
        return gW, gb

    def backprop_step(self, x, y, eps=0.02):
        self.forward(x)
        gW, gb = self.gradients(y)
        for k in range(len(self.Ws)):
            self.Ws[k] -= eps * gW[k]
            self.bs[k] -= eps * gb[k]
