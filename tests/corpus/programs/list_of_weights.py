import numpy as np


class NeuralNet:
    def __init__(self, layers, learning_rate=0.5):
        self.learning_rate = learning_rate
        self.weights = []
        self.biases = []
        for i in range(len(layers) - 1):
            self.weights.append(np.random.randn(layers[i], layers[i + 1]))
            self.biases.append(np.random.randn(layers[i + 1]))

    def _sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def _sigmoid_der(self, a):
        return a * (1 - a)

    def predict(self, X):
        a = X
        for w, b in zip(self.weights, self.biases):
            a = self._sigmoid(a @ w + b)
        return a

    def partial_fit(self, X, y):
        activations = [X]
        pre = []
        for w, b in zip(self.weights, self.biases):
            pre.append(activations[-1] @ w + b)
            activations.append(self._sigmoid(pre[-1]))

        deltas = [None] * len(self.weights)
        error = activations[-1] - y
        deltas[-1] = error * self._sigmoid_der(activations[-1])
        for i in range(len(deltas) - 2, -1, -1):
            deltas[i] = (deltas[i + 1] @ self.weights[i + 1].T) * self._sigmoid_der(activations[i + 1])

        batch_size = X.shape[0]
        for i in range(len(self.weights)):
            self.weights[i] -= self.learning_rate * (activations[i].T @ deltas[i]) / batch_size
            self.biases[i] -= self.learning_rate * np.mean(deltas[i], axis=0)
        return np.mean(error ** 2)

    def fit(self, X, y, epochs=1000):
        losses = []
        for _ in range(epochs):
            losses.append(self.partial_fit(X, y))
        return losses
