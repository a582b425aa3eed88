import numpy as np


def init(rng, n_in, n_hid, n_out):
    return dict(
        W1=rng.normal(0, 1, (n_in, n_hid)), b1=np.zeros(n_hid),
        W2=rng.normal(0, 1, (n_hid, n_hid)), b2=np.zeros(n_hid),
        W3=rng.normal(0, 1, (n_hid, n_out)), b3=np.zeros(n_out),
    )


def nn(p, x):
    h1 = np.tanh(x @ p["W1"] + p["b1"])
    h2 = np.tanh(h1 @ p["W2"] + p["b2"])
    return h1, h2, h2 @ p["W3"] + p["b3"]


def gradients(p, x, y):
    h1, h2, out = nn(p, x)
    n = x.shape[0]
    d3 = (out - y) / n
    d2 = (d3 @ p["W3"].T) * (1 - h2 ** 2)
    d1 = (d2 @ p["W2"].T) * (1 - h1 ** 2)
    return dict(
        W1=x.T @ d1, b1=d1.sum(axis=0),
        W2=h1.T @ d2, b2=d2.sum(axis=0),
        W3=h2.T @ d3, b3=d3.sum(axis=0),
    )


def train_step(p, x, y, lr):
    g = gradients(p, x, y)
    return {name: p[name] - lr * g[name] for name in p}


params = init(np.random.RandomState(0), 3, 3, 1)
