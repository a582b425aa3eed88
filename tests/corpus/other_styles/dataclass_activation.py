from dataclasses import dataclass
from typing import Callable
import numpy as np


@dataclass
class Activation:
    f: Callable
    df: Callable


def _sig(x):
    return 1 / (1 + np.exp(-x))


SIGMOID = Activation(_sig, lambda x: _sig(x) * (1 - _sig(x)))


class FullyConnected:
    def __init__(self, n_inputs: int, n_outputs: int, activation: Activation = SIGMOID):
        self.activation = activation
        self.weights = np.random.randn(n_inputs, n_outputs)
        self.bias = np.random.randn(n_outputs)

    def forward(self, inputs):
        self.inputs = inputs
        self.outputs = self.activation.f(inputs @ self.weights + self.bias)
        return self.outputs

    def backward(self, output_gradient, learning_rate: float):
        delta = output_gradient * self.activation.df(self.outputs)
        input_gradient = delta @ self.weights.T
        self.weights -= learning_rate * self.inputs.T @ delta
        self.bias -= learning_rate * delta.sum(axis=0)
        return input_gradient


class Model:
    def __init__(self, *layers):
        self.layers = layers

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def fit(self, x, y, epochs=1000, learning_rate=0.1):
        for epoch in range(epochs):
            output = self.predict(x)
            gradient = output - y
            for layer in self.layers[::-1]:
                gradient = layer.backward(gradient, learning_rate)
            if epoch % 100 == 0:
                print(f"{epoch=} error={np.mean((output - y) ** 2):.5f}")


if __name__ == "__main__":
    np.random.seed(0)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    Y = np.array([[0], [1], [1], [0]])
    model = Model(FullyConnected(2, 3), FullyConnected(3, 1))
    model.fit(X, Y)
    print(model.predict(X))
