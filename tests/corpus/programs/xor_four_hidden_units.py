import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])

W1 = np.random.randn(2, 4)
W2 = np.random.randn(4, 1)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def feedforward(X):
    return logistic(logistic(X @ W1) @ W2)


def backprop(X, y, eta=1.0):
    global W1, W2
    layer1 = logistic(X @ W1)
    output = logistic(layer1 @ W2)
    error = y - output
    d2 = 2 * error * output * (1 - output)
    e1 = d2 @ W2.T
    d1 = e1 * layer1 * (1 - layer1)
    W2 = W2 + eta * layer1.T @ d2
    W1 = W1 + eta * X.T @ d1


if __name__ == "__main__":
    for _ in range(1500):
        backprop(X, y)
    print(feedforward(X))
