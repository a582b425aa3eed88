# notebook export
import numpy as np

X = np.array([[0., 0., 1., 1.], [0., 1., 0., 1.]])
Y = np.array([[0., 1., 1., 0.]])

rng = np.random.default_rng(7)
W1 = rng.normal(size=(3, 2))
b1 = np.zeros((3, 1))
W2 = rng.normal(size=(1, 3))
b2 = np.zeros((1, 1))


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def forward_prop(x):
    h = sigmoid(W1 @ x + b1)
    return sigmoid(W2 @ h + b2)


def train_once(x, t, lr=2.0):
    global W1, b1, W2, b2
    Z1 = W1 @ x + b1
    H = sigmoid(Z1)
    Z2 = W2 @ H + b2
    O = sigmoid(Z2)
    E = O - t
    D2 = E * O * (1 - O)
    B = W2.T @ D2
    D1 = B * H * (1 - H)
    W2 = W2 - lr * D2 @ H.T
    b2 = b2 - lr * D2.sum(axis=1, keepdims=True)
    W1 = W1 - lr * D1 @ x.T
    b1 = b1 - lr * D1.sum(axis=1, keepdims=True)
    return float((E ** 2).mean())


if __name__ == "__main__":
    for k in range(5000):
        c = train_once(X, Y)
    print(c, forward_prop(X))
