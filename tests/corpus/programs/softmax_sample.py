import numpy as np


def softmax(x):
    exps = np.exp(x - x.max())
    return exps / np.sum(exps)


def sigmoid(x, derivative=False):
    if derivative:
        return sigmoid(x) * (1 - sigmoid(x))
    return 1 / (1 + np.exp(-x))


class DeepNeuralNetwork():
    def __init__(self, sizes, l_rate=0.2):
        self.sizes = sizes
        self.l_rate = l_rate
        self.params = self.initialization()

    def initialization(self):
        input_layer, hidden_1, hidden_2, output_layer = self.sizes
        return {
            'W1': np.random.randn(hidden_1, input_layer) * np.sqrt(1. / hidden_1),
            'W2': np.random.randn(hidden_2, hidden_1) * np.sqrt(1. / hidden_2),
            'W3': np.random.randn(output_layer, hidden_2) * np.sqrt(1. / output_layer),
        }

    def forward_pass(self, x_train):
        params = self.params
        params['A0'] = x_train
        params['Z1'] = np.dot(params['W1'], params['A0'])
        params['A1'] = sigmoid(params['Z1'])
        params['Z2'] = np.dot(params['W2'], params['A1'])
        params['A2'] = sigmoid(params['Z2'])
        params['Z3'] = np.dot(params['W3'], params['A2'])
        params['A3'] = softmax(params['Z3'])
        return params['A3']

    def backward_pass(self, y_train, output):
        params = self.params
        change_w = {}
        error = output - y_train
        change_w['W3'] = np.outer(error, params['A2'])
        error2 = np.dot(params['W3'].T, error) * sigmoid(params['Z2'], derivative=True)
        change_w['W2'] = np.outer(error2, params['A1'])
        error1 = np.dot(params['W2'].T, error2) * sigmoid(params['Z1'], derivative=True)
        change_w['W1'] = np.outer(error1, params['A0'])
        return change_w

    def update_network_parameters(self, changes_to_w):
        for key, value in changes_to_w.items():
            self.params[key] -= self.l_rate * value

    def train(self, x_train, y_train, epochs=1):
        for iteration in range(epochs):
            for x, y in zip(x_train, y_train):
                output = self.forward_pass(x)
                changes_to_w = self.backward_pass(y, output)
                self.update_network_parameters(changes_to_w)
