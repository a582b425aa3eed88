import numpy as np


class Regressor:
    """small net for curve fitting, tanh hidden units and a linear output"""

    def __init__(self, hidden=6, learning_rate=0.02, seed=None):
        rng = np.random.RandomState(seed)
        self.learning_rate = learning_rate
        self.w_hidden = rng.uniform(-1, 1, (1, hidden))
        self.b_hidden = rng.uniform(-1, 1, hidden)
        self.w_out = rng.uniform(-1, 1, (hidden, 1))
        self.b_out = np.zeros(1)

    @staticmethod
    def dtanh(z):
        return 1.0 - np.tanh(z) ** 2

    def predict(self, x):
        h = np.tanh(x @ self.w_hidden + self.b_hidden)
        return h @ self.w_out + self.b_out

    def fit_once(self, x, target):
        z_hidden = x @ self.w_hidden + self.b_hidden
        h = np.tanh(z_hidden)
        pred = h @ self.w_out + self.b_out

        delta_out = pred - target
        back = delta_out @ self.w_out.T
        delta_hidden = back * self.dtanh(z_hidden)

        self.w_out = self.w_out - self.learning_rate * (h.T @ delta_out)
        self.b_out = self.b_out - self.learning_rate * delta_out.sum(axis=0)
        self.w_hidden = self.w_hidden - self.learning_rate * (x.T @ delta_hidden)
        self.b_hidden = self.b_hidden - self.learning_rate * delta_hidden.sum(axis=0)
        return 0.5 * np.sum((pred - target) ** 2)

    def fit(self, x, target, epochs=5000):
        history = []
        for i in range(epochs):
            history.append(self.fit_once(x, target))
        return history
