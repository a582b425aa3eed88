import numpy as np


def relu(Z):
    return np.maximum(Z, 0)


class Model:
    def __init__(self, layers_dims):
        self.L = len(layers_dims)
        self.W = {}
        self.b = {}
        for l in range(1, self.L):
            self.W[l] = np.random.randn(layers_dims[l], layers_dims[l - 1]) * np.sqrt(2 / layers_dims[l - 1])
            self.b[l] = np.zeros((layers_dims[l], 1)) + 0.1

    def forward(self, X):
        self.A = {0: X}
        self.Z = {}
        for l in range(1, self.L):
            self.Z[l] = self.W[l] @ self.A[l - 1] + self.b[l]
            self.A[l] = relu(self.Z[l]) if l < self.L - 1 else self.Z[l]
        return self.A[self.L - 1]

    def backward(self, Y):
        grads = {}
        m = Y.shape[1]
        last = self.L - 1
        dZ = 2 * (self.A[last] - Y) / m
        for l in range(last, 0, -1):
            grads[l] = (dZ @ self.A[l - 1].T, dZ.sum(axis=1, keepdims=True))
            if l > 1:
                dZ = (self.W[l].T @ dZ) * (self.Z[l - 1] > 0)
        return grads

    def optimize(self, X, Y, lr):
        self.forward(X)
        grads = self.backward(Y)
        for l, (dW, db) in grads.items():
            self.W[l] = self.W[l] - lr * dW
            self.b[l] = self.b[l] - lr * db
