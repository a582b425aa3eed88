import numpy as np

rng = np.random.RandomState(5)
sizes = [3, 5, 5, 4, 1]
weights = [rng.randn(a, b) * np.sqrt(1.5 / a) for a, b in zip(sizes[:-1], sizes[1:])]
biases = [np.full(b, 0.05) for b in sizes[1:]]


def forward(x):
    layers = [x]
    for k in range(len(weights)):
        s = layers[-1] @ weights[k] + biases[k]
        layers.append(np.maximum(s, 0) if k < len(weights) - 1 else s)
    return layers


def predict(x):
    return forward(x)[-1]


def train_step(x, y, lr=0.05):
    layers = forward(x)
    grad = 2 * (layers[-1] - y) / x.shape[0]
    for k in reversed(range(len(weights))):
        grad_w = layers[k].T @ grad
        grad_b = grad.sum(axis=0)
        if k > 0:
            grad = grad @ weights[k].T
            grad = grad * (layers[k] > 0)
        weights[k] = weights[k] - lr * grad_w
        biases[k] = biases[k] - lr * grad_b
    return np.mean((layers[-1] - y) ** 2)
