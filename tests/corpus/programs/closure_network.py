import numpy as np


def make_network(n_in, n_hidden, n_out, seed=0):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(n_in, n_hidden)), rng.normal(size=(n_hidden, n_out))]
    biases = [np.zeros(n_hidden), np.zeros(n_out)]

    def sigmoid(t):
        return 1 / (1 + np.exp(-t))

    def forward(x):
        h = sigmoid(x @ weights[0] + biases[0])
        return h, sigmoid(h @ weights[1] + biases[1])

    def step(x, y, rate):
        h, o = forward(x)

        def slope(v):
            return v * (1 - v)

        e = o - y
        d_o = e * slope(o)
        d_h = (d_o @ weights[1].T) * slope(h)
        weights[1] -= rate * h.T @ d_o
        biases[1] -= rate * d_o.sum(axis=0)
        weights[0] -= rate * x.T @ d_h
        biases[0] -= rate * d_h.sum(axis=0)
        return 0.5 * float(np.sum(e * e))

    return {"weights": weights, "biases": biases, "forward": lambda x: forward(x)[1], "step": step}


net = make_network(2, 3, 1)


def predict(x):
    return net["forward"](x)


def train(x, y, rate=0.5):
    return net["step"](x, y, rate)
