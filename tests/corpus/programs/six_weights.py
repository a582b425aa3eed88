import math
import random


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def deriv_sigmoid(x):
    fx = sigmoid(x)
    return fx * (1 - fx)


class OurNeuralNetwork:
    """two inputs, a hidden layer with two neurons (h1, h2), an output layer with one neuron (o1)"""

    def __init__(self):
        self.w1 = random.gauss(0, 1)
        self.w2 = random.gauss(0, 1)
        self.w3 = random.gauss(0, 1)
        self.w4 = random.gauss(0, 1)
        self.w5 = random.gauss(0, 1)
        self.w6 = random.gauss(0, 1)
        self.b1 = random.gauss(0, 1)
        self.b2 = random.gauss(0, 1)
        self.b3 = random.gauss(0, 1)

    def feedforward(self, x):
        h1 = sigmoid(self.w1 * x[0] + self.w2 * x[1] + self.b1)
        h2 = sigmoid(self.w3 * x[0] + self.w4 * x[1] + self.b2)
        return sigmoid(self.w5 * h1 + self.w6 * h2 + self.b3)

    def train_sample(self, x, y_true, learn_rate=0.2):
        sum_h1 = self.w1 * x[0] + self.w2 * x[1] + self.b1
        h1 = sigmoid(sum_h1)
        sum_h2 = self.w3 * x[0] + self.w4 * x[1] + self.b2
        h2 = sigmoid(sum_h2)
        sum_o1 = self.w5 * h1 + self.w6 * h2 + self.b3
        o1 = sigmoid(sum_o1)

        # naming: d_L_d_w1 represents "partial L / partial w1"
        d_L_d_ypred = -2 * (y_true - o1)
        d_o = d_L_d_ypred * deriv_sigmoid(sum_o1)
        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_h1)
        d_h2 = d_o * self.w6 * deriv_sigmoid(sum_h2)

        self.w1 -= learn_rate * d_h1 * x[0]
        self.w2 -= learn_rate * d_h1 * x[1]
        self.b1 -= learn_rate * d_h1
        self.w3 -= learn_rate * d_h2 * x[0]
        self.w4 -= learn_rate * d_h2 * x[1]
        self.b2 -= learn_rate * d_h2
        self.w5 -= learn_rate * d_o * h1
        self.w6 -= learn_rate * d_o * h2
        self.b3 -= learn_rate * d_o

    def train(self, data, all_y_trues, epochs=1000):
        for epoch in range(epochs):
            for x, y_true in zip(data, all_y_trues):
                self.train_sample(x, y_true)


# weight (minus 135), height (minus 66), scaled
data = [[-0.2, -0.1], [2.5, 0.6], [1.7, 0.4], [-1.5, -0.6]]
all_y_trues = [1, 0, 0, 1]
network = OurNeuralNetwork()
