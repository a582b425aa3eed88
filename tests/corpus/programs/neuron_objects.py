import math
import random


class Neuron:
    def __init__(self, n_inputs):
        self.weights = [random.uniform(-1, 1) for _ in range(n_inputs)]
        self.bias = random.uniform(-1, 1)
        self.output = 0.0
        self.delta = 0.0

    def activate(self, inputs):
        total = self.bias
        for w, x in zip(self.weights, inputs):
            total += w * x
        self.total = total
        self.output = 1 / (1 + math.exp(-total))
        return self.output


class Layer:
    def __init__(self, n_neurons, n_inputs):
        self.neurons = [Neuron(n_inputs) for _ in range(n_neurons)]

    def feed_forward(self, inputs):
        return [n.activate(inputs) for n in self.neurons]


class NeuralNetwork:
    def __init__(self, n_in, n_hidden, n_out, learning_rate=0.5):
        self.hidden = Layer(n_hidden, n_in)
        self.out = Layer(n_out, n_hidden)
        self.learning_rate = learning_rate

    def feed_forward(self, inputs):
        return self.out.feed_forward(self.hidden.feed_forward(inputs))

    def train(self, inputs, targets):
        self.feed_forward(inputs)
        for n, t in zip(self.out.neurons, targets):
            err = t - n.output
            n.delta = err * n.output * (1 - n.output)
        for i, n in enumerate(self.hidden.neurons):
            back = sum(o.delta * o.weights[i] for o in self.out.neurons)
            n.delta = back * n.output * (1 - n.output)
        for o in self.out.neurons:
            for i, h in enumerate(self.hidden.neurons):
                o.weights[i] += self.learning_rate * o.delta * h.output
            o.bias += self.learning_rate * o.delta
        for n in self.hidden.neurons:
            for i, x in enumerate(inputs):
                n.weights[i] += self.learning_rate * n.delta * x
            n.bias += self.learning_rate * n.delta
