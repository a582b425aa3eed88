import numpy as np


class Backpropagation:
    def __init__(self, hidden_layer_neurons, n_inputs, n_outputs):
        sizes = [n_inputs] + list(hidden_layer_neurons) + [n_outputs]
        self.n = len(sizes) - 1
        self.weights_dict = {}
        self.bias_dict = {}
        for i in range(1, self.n + 1):
            self.weights_dict[i] = np.random.uniform(-1, 1, (sizes[i], sizes[i - 1]))
            self.bias_dict[i] = np.random.uniform(-1, 1, (sizes[i], 1))
        self.pre_activation = {}
        self.activation = {}

    def sigmoid(self, a):
        return 1 / (1 + np.exp(-a))

    def forward_pass(self, columns):
        self.activation[0] = columns
        for i in range(1, self.n + 1):
            self.pre_activation[i] = self.weights_dict[i].dot(self.activation[i - 1]) + self.bias_dict[i]
            self.activation[i] = self.sigmoid(self.pre_activation[i])
        return self.activation[self.n]

    def backward_pass(self, labels, eta):
        gradients = {}
        out = self.activation[self.n]
        gradients[self.n] = (out - labels) * out * (1 - out)
        for i in range(self.n - 1, 0, -1):
            local = self.activation[i] * (1 - self.activation[i])
            gradients[i] = self.weights_dict[i + 1].T.dot(gradients[i + 1]) * local
        for i in range(1, self.n + 1):
            self.weights_dict[i] = self.weights_dict[i] - eta * gradients[i].dot(self.activation[i - 1].T)
            self.bias_dict[i] = self.bias_dict[i] - eta * gradients[i].sum(axis=1, keepdims=True)

    def train(self, rows, labels, eta=0.3, epochs=200):
        for epoch in range(epochs):
            self.forward_pass(rows.T)
            self.backward_pass(labels.T, eta)
