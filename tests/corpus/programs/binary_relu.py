import numpy as np


def relu(z):
    return np.maximum(0, z)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class BinaryClassifier:
    def __init__(self, sizes, lr):
        n_x, n_h, n_y = sizes
        self.W1 = np.random.randn(n_x, n_h) * np.sqrt(2 / n_x)
        self.b1 = np.zeros((1, n_h))
        self.W2 = np.random.randn(n_h, n_y) * np.sqrt(1 / n_h)
        self.b2 = np.zeros((1, n_y))
        self.lr = lr

    def forward_pass(self, X):
        self.Z1 = X.dot(self.W1) + self.b1
        self.A1 = relu(self.Z1)
        self.Z2 = self.A1.dot(self.W2) + self.b2
        self.A2 = sigmoid(self.Z2)
        return self.A2

    def loss(self, A2, y):
        m = y.shape[0]
        return -np.sum(y * np.log(A2) + (1 - y) * np.log(1 - A2)) / m

    def gradient_descent(self, X, y):
        m = X.shape[0]
        A2 = self.forward_pass(X)
        # with cross entropy the sigmoid derivative cancels
        dZ2 = A2 - y
        dW2 = self.A1.T.dot(dZ2) / m
        db2 = np.sum(dZ2, axis=0, keepdims=True) / m
        dA1 = dZ2.dot(self.W2.T)
        dZ1 = dA1 * (self.Z1 > 0)
        dW1 = X.T.dot(dZ1) / m
        db1 = np.sum(dZ1, axis=0, keepdims=True) / m

        self.W1 -= self.lr * dW1
        self.b1 -= self.lr * db1
        self.W2 -= self.lr * dW2
        self.b2 -= self.lr * db2
        return self.loss(A2, y)

    def train(self, X, y, n_iter):
        for it in range(n_iter):
            cost = self.gradient_descent(X, y)
            if it % 500 == 0:
                print(f"iteration {it}: cost {cost:.4f}")
