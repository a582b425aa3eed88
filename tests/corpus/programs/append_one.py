import numpy as np


class Network():
    def __init__(self, n_in, n_hidden, n_out):
        # last column of every matrix is the bias
        self.layers = [np.random.uniform(-0.7, 0.7, (n_hidden, n_in + 1)),
                       np.random.uniform(-0.7, 0.7, (n_out, n_hidden + 1))]
        self.outputs = []

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def forward(self, x):
        x = np.append(x, 1)
        self.outputs = [x]
        h = self.sigmoid(np.dot(self.layers[0], x))
        h = np.append(h, 1)
        self.outputs.append(h)
        o = self.sigmoid(np.dot(self.layers[1], h))
        self.outputs.append(o)
        return o

    def backpropagate(self, input_vector, target, rate=0.5):
        c = self.forward(input_vector)
        x, h = self.outputs[0], self.outputs[1]
        c_delta = c * (1 - c) * (target - c)
        hidden_part = h[:-1]
        back = np.dot(np.delete(self.layers[1], -1, 1).T, c_delta)
        h_delta = hidden_part * (1 - hidden_part) * back
        self.layers[1] += rate * np.outer(c_delta, h)
        self.layers[0] += rate * np.outer(h_delta, x)

    def train(self, data, targets, iterations):
        for it in range(iterations):
            for d, t in zip(data, targets):
                self.backpropagate(d, t)
        print("done")
