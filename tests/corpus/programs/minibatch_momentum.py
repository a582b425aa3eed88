import numpy as np


class Network:
    def __init__(self, sizes, eta=0.3, mu=0.5):
        self.eta, self.mu = eta, mu
        self.W1 = np.random.randn(sizes[0], sizes[1]) / np.sqrt(sizes[0])
        self.b1 = np.zeros(sizes[1])
        self.W2 = np.random.randn(sizes[1], sizes[2]) / np.sqrt(sizes[1])
        self.b2 = np.zeros(sizes[2])
        self.vW1 = np.zeros_like(self.W1)
        self.vb1 = np.zeros_like(self.b1)
        self.vW2 = np.zeros_like(self.W2)
        self.vb2 = np.zeros_like(self.b2)

    def forward(self, X):
        self.H = np.tanh(X @ self.W1 + self.b1)
        Z = self.H @ self.W2 + self.b2
        return 1 / (1 + np.exp(-Z))

    def update_mini_batch(self, X, Y):
        m = len(X)
        P = self.forward(X)
        D2 = (P - Y) * P * (1 - P)
        D1 = (D2 @ self.W2.T) * (1 - self.H ** 2)
        gW2 = self.H.T @ D2 / m
        gb2 = D2.sum(axis=0) / m
        gW1 = X.T @ D1 / m
        gb1 = D1.sum(axis=0) / m
        self.vW2 = self.mu * self.vW2 - self.eta * gW2
        self.vb2 = self.mu * self.vb2 - self.eta * gb2
        self.vW1 = self.mu * self.vW1 - self.eta * gW1
        self.vb1 = self.mu * self.vb1 - self.eta * gb1
        self.W2 += self.vW2
        self.b2 += self.vb2
        self.W1 += self.vW1
        self.b1 += self.vb1

    def SGD(self, X, Y, epochs, mini_batch_size=4):
        for j in range(epochs):
            order = np.random.permutation(len(X))
            for k in range(0, len(X), mini_batch_size):
                batch = order[k:k + mini_batch_size]
                self.update_mini_batch(X[batch], Y[batch])
            print("Epoch %d: %.5f" % (j, np.mean((self.forward(X) - Y) ** 2)))
