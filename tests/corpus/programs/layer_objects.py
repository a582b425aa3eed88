import numpy as np


class Layer:
    def __init__(self, n_inputs, n_units):
        self.weights = np.random.randn(n_inputs, n_units) * 0.9
        self.bias = np.zeros((1, n_units))

    def forward(self, inputs):
        self.inputs = inputs
        self.sum = np.dot(inputs, self.weights) + self.bias
        self.output = np.tanh(self.sum)
        return self.output

    def backward(self, gradient, learning_rate):
        delta = gradient * (1 - self.output ** 2)
        to_previous = np.dot(delta, self.weights.T)
        self.weights -= learning_rate * np.dot(self.inputs.T, delta)
        self.bias -= learning_rate * np.sum(delta, axis=0, keepdims=True)
        return to_previous


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_on_batch(self, x, y, learning_rate):
        out = self.predict(x)
        grad = 2 * (out - y) / len(y)
        for layer in reversed(self.layers):
            grad = layer.backward(grad, learning_rate)
        return np.mean((out - y) ** 2)


def build():
    net = Network()
    net.add(Layer(1, 5))
    net.add(Layer(5, 5))
    net.add(Layer(5, 1))
    return net


if __name__ == "__main__":
    xs = np.linspace(-1, 1, 20).reshape(-1, 1)
    model = build()
    for epoch in range(2000):
        cost = model.train_on_batch(xs, np.sin(3 * xs) * 0.8, 0.1)
    print(cost)
    try:
        import matplotlib.pyplot as plt
        plt.plot(xs, model.predict(xs))
    except ImportError:
        pass
