import numpy as np

ALPHA = 0.3
weights_ih = np.random.uniform(-0.8, 0.8, (4, 3))
bias_h = np.zeros(4)
weights_ho = np.random.uniform(-0.8, 0.8, (2, 4))
bias_o = np.zeros(2)


def f(u):
    return np.tanh(u)


def df(u):
    return 1.0 - np.tanh(u) ** 2


def activate_net(sample):
    hidden = f(weights_ih @ sample + bias_h)
    return f(weights_ho @ hidden + bias_o)


def train_sample(sample, target):
    global weights_ih, bias_h, weights_ho, bias_o
    u_h = weights_ih @ sample + bias_h
    hidden = f(u_h)
    u_o = weights_ho @ hidden + bias_o
    out = f(u_o)

    diff = target - out
    delta_o = diff * df(u_o)
    delta_h = (weights_ho.T @ delta_o) * df(u_h)

    weights_ho = weights_ho + ALPHA * np.outer(delta_o, hidden)
    bias_o = bias_o + ALPHA * delta_o
    weights_ih = weights_ih + ALPHA * np.outer(delta_h, sample)
    bias_h = bias_h + ALPHA * delta_h
    return np.sum(diff ** 2) / 2


def train(samples, targets, epochs):
    errors = []
    for i in range(epochs):
        errors.append(sum(train_sample(s, t) for s, t in zip(samples, targets)))
    return errors
