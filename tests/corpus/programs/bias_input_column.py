import numpy as np

# third column is the bias
inputs = np.array([[0, 0, 1],
                   [0, 1, 1],
                   [1, 0, 1],
                   [1, 1, 1]], dtype=float)
targets = np.array([[0], [1], [1], [0]], dtype=float)


class NN:
    def __init__(self):
        self.weights1 = np.random.rand(3, 4) * 2 - 1
        self.weights2 = np.random.rand(4, 1) * 2 - 1

    def think(self, x):
        self.layer1 = nonlin(x.dot(self.weights1))
        self.layer2 = nonlin(self.layer1.dot(self.weights2))
        return self.layer2

    def adjust(self, x, t):
        out = self.think(x)
        layer2_error = t - out
        layer2_delta = layer2_error * nonlin(out, True)
        layer1_error = layer2_delta.dot(self.weights2.T)
        layer1_delta = layer1_error * nonlin(self.layer1, True)
        self.weights2 += self.layer1.T.dot(layer2_delta)
        self.weights1 += x.T.dot(layer1_delta)


def nonlin(x, deriv=False):
    if deriv == True:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def main():
    net = NN()
    for i in range(10000):
        for j in range(len(inputs)):
            net.adjust(inputs[j:j + 1], targets[j:j + 1])
    print("Output After Training:")
    print(net.think(inputs))


if __name__ == "__main__":
    main()
