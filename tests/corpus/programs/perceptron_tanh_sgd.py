import numpy as np


class MultilayerPerceptron:
    # LeCun's scaled tanh is left out on purpose, plain tanh is enough
    def __init__(self, *args):
        self.shape = args
        n = len(args)
        self.layers = []
        # input layer (+1 unit for bias)
        self.layers.append(np.ones(self.shape[0] + 1))
        for i in range(1, n):
            self.layers.append(np.ones(self.shape[i]))
        self.weights = []
        for i in range(n - 1):
            self.weights.append((2 * np.random.random((self.layers[i].size, self.layers[i + 1].size)) - 1) * 0.8)

    def propagate_forward(self, data):
        self.layers[0][0:-1] = data
        for i in range(1, len(self.shape)):
            self.layers[i] = np.tanh(np.dot(self.layers[i - 1], self.weights[i - 1]))
        return self.layers[-1]

    def propagate_backward(self, target, lrate=0.1):
        deltas = []
        error = target - self.layers[-1]
        delta = error * (1.0 - self.layers[-1] ** 2)
        deltas.append(delta)
        for i in range(len(self.shape) - 2, 0, -1):
            delta = np.dot(deltas[0], self.weights[i].T) * (1.0 - self.layers[i] ** 2)
            deltas.insert(0, delta)
        for i in range(len(self.weights)):
            layer = np.atleast_2d(self.layers[i])
            delta = np.atleast_2d(deltas[i])
            dw = np.dot(layer.T, delta)
            self.weights[i] += lrate * dw
        return (error ** 2).sum()

    def train(self, X, y, epochs=1):
        for epoch in range(epochs):
            for row, t in zip(X, y):
                self.propagate_forward(row)
                self.propagate_backward(t)
