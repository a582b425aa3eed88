import numpy as np


class Net:
    momentum = 0.6
    eta = 0.1

    def __init__(self, *sizes):
        self.w = [np.random.uniform(-1, 1, (n + 1, m)) for n, m in zip(sizes[:-1], sizes[1:])]
        self.dw_old = [np.zeros_like(w) for w in self.w]

    def activate(self, x):
        self.o = [np.hstack([x, np.ones((len(x), 1))])]
        for k, w in enumerate(self.w):
            y = 1 / (1 + np.exp(-self.o[-1] @ w))
            if k < len(self.w) - 1:
                y = np.hstack([y, np.ones((len(y), 1))])
            self.o.append(y)
        return self.o[-1]

    def learn(self, x, t):
        y = self.activate(x)
        d = (t - y) * y * (1 - y)
        new = []
        for k in range(len(self.w) - 1, -1, -1):
            new.append(self.o[k].T @ d)
            if k > 0:
                h = self.o[k][:, :-1]
                d = (d @ self.w[k][:-1].T) * h * (1 - h)
        new.reverse()
        for k in range(len(self.w)):
            change = self.eta * new[k] + self.momentum * self.dw_old[k]
            self.w[k] = self.w[k] + change
            self.dw_old[k] = change
        return np.abs(t - y).mean()
