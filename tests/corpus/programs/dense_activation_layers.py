from abc import ABC

import numpy as np


class Dense(ABC):
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class Activation:
    def __init__(self, f, f_prime):
        self.f = f
        self.f_prime = f_prime

    def forward(self, input):
        self.input = input
        return self.f(self.input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, self.f_prime(self.input))


def tanh_prime(x):
    return 1 - np.tanh(x) ** 2


network = [
    Dense(2, 3),
    Activation(np.tanh, tanh_prime),
    Dense(3, 1),
    Activation(np.tanh, tanh_prime),
]


def predict(network, input):
    output = input
    for layer in network:
        output = layer.forward(output)
    return output


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def train_one(network, x, y, learning_rate=0.1):
    output = predict(network, x)
    grad = mse_prime(y, output)
    for layer in reversed(network):
        grad = layer.backward(grad, learning_rate)


X = np.reshape([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (4, 2, 1))
Y = np.reshape([[0.0], [1.0], [1.0], [0.0]], (4, 1, 1))

if __name__ == "__main__":
    for e in range(1000):
        for x, y in zip(X, Y):
            train_one(network, x, y)
