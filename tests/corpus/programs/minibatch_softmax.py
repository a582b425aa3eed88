import numpy as np


def relu(x):
    return np.maximum(x, 0)


class Classifier:
    def __init__(self, n_features, n_hidden, n_classes, lr=0.4, batch_size=12):
        self.lr = lr
        self.batch_size = batch_size
        self.w_in = np.random.randn(n_features, n_hidden) * 0.7
        self.b_in = np.zeros(n_hidden) + 0.1
        self.w_out = np.random.randn(n_hidden, n_classes) * 0.7
        self.b_out = np.zeros(n_classes)

    def softmax(self, z):
        z = np.exp(z - z.max(axis=1, keepdims=True))
        return z / z.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.softmax(relu(X @ self.w_in + self.b_in) @ self.w_out + self.b_out)

    def _step(self, xb, yb):
        z1 = xb @ self.w_in + self.b_in
        a1 = relu(z1)
        p = self.softmax(a1 @ self.w_out + self.b_out)
        g = (p - yb) / xb.shape[0]
        back = g @ self.w_out.T
        gh = back * (z1 > 0)
        self.w_out -= self.lr * a1.T @ g
        self.b_out -= self.lr * g.sum(axis=0)
        self.w_in -= self.lr * xb.T @ gh
        self.b_in -= self.lr * gh.sum(axis=0)

    def fit(self, X, y, epochs=10):
        for epoch in range(epochs):
            idx = np.random.permutation(len(X))
            for start in range(0, len(X), self.batch_size):
                rows = idx[start:start + self.batch_size]
                self._step(X[rows], y[rows])
        return self
