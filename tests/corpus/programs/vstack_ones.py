import numpy as np


class BackPropagationNetwork:
    """sigmoid network, biases sit in the last column of each weight matrix"""

    def __init__(self, layer_size):
        self.layer_count = len(layer_size) - 1
        self.weights = []
        self._layer_input = []
        self._layer_output = []
        for (l1, l2) in zip(layer_size[:-1], layer_size[1:]):
            self.weights.append(np.random.normal(scale=0.8, size=(l2, l1 + 1)))

    def sgm(self, x, derivative=False):
        if not derivative:
            return 1 / (1 + np.exp(-x))
        out = self.sgm(x)
        return out * (1 - out)

    def run(self, input):
        ln_cases = input.shape[0]
        self._layer_input = []
        self._layer_output = []
        for index in range(self.layer_count):
            if index == 0:
                layer_input = self.weights[0].dot(np.vstack([input.T, np.ones([1, ln_cases])]))
            else:
                layer_input = self.weights[index].dot(np.vstack([self._layer_output[-1], np.ones([1, ln_cases])]))
            self._layer_input.append(layer_input)
            self._layer_output.append(self.sgm(layer_input))
        return self._layer_output[-1].T

    def train_epoch(self, input, target, training_rate=0.2):
        delta = []
        ln_cases = input.shape[0]
        self.run(input)
        # calculate the deltas
        for index in reversed(range(self.layer_count)):
            if index == self.layer_count - 1:
                output_delta = self._layer_output[index] - target.T
                error = np.sum(output_delta ** 2)
                delta.append(output_delta * self.sgm(self._layer_input[index], True))
            else:
                delta_pullback = self.weights[index + 1].T.dot(delta[-1])
                delta.append(delta_pullback[:-1, :] * self.sgm(self._layer_input[index], True))
        # compute the weight deltas
        for index in range(self.layer_count):
            delta_index = self.layer_count - 1 - index
            if index == 0:
                layer_output = np.vstack([input.T, np.ones([1, ln_cases])])
            else:
                layer_output = np.vstack([self._layer_output[index - 1], np.ones([1, ln_cases])])
            weight_delta = delta[delta_index].dot(layer_output.T)
            self.weights[index] -= training_rate * weight_delta
        return error


if __name__ == "__main__":
    bpn = BackPropagationNetwork((2, 2, 1))
    lv_input = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
    lv_target = np.array([[0.05], [0.05], [0.95], [0.95]])
    for i in range(100001):
        err = bpn.train_epoch(lv_input, lv_target)
        if i % 2500 == 0:
            print("Iteration {0}\tError: {1:0.6f}".format(i, err))
