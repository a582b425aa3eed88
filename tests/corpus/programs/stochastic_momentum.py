import numpy as np


class BackPropNN:
    def __init__(self, ni, nh, no):
        # number of input (+1 for bias), hidden, and output nodes
        self.ni, self.nh, self.no = ni + 1, nh, no
        self.ai = np.ones(self.ni)
        self.ah = np.ones(self.nh)
        self.ao = np.ones(self.no)
        self.wi = np.random.uniform(-0.9, 0.9, (self.ni, self.nh))
        self.wo = np.random.uniform(-0.9, 0.9, (self.nh, self.no))
        # last change in weights for momentum
        self.ci = np.zeros((self.ni, self.nh))
        self.co = np.zeros((self.nh, self.no))

    def update(self, inputs):
        self.ai[:-1] = inputs
        self.ah = np.tanh(self.ai @ self.wi)
        self.ao = np.tanh(self.ah @ self.wo)
        return self.ao.copy()

    def backPropagate(self, targets, N, M):
        output_deltas = (targets - self.ao) * (1.0 - self.ao ** 2)
        hidden_deltas = (self.wo @ output_deltas) * (1.0 - self.ah ** 2)

        change = np.outer(self.ah, output_deltas)
        self.wo = self.wo + N * change + M * self.co
        self.co = N * change + M * self.co

        change = np.outer(self.ai, hidden_deltas)
        self.wi = self.wi + N * change + M * self.ci
        self.ci = N * change + M * self.ci
        return 0.5 * np.sum((targets - self.ao) ** 2)

    def train(self, inputs, targets, iterations=1000, N=0.2, M=0.1):
        for i in range(iterations):
            error = 0.0
            for p, t in zip(inputs, targets):
                self.update(p)
                error = error + self.backPropagate(t, N, M)
            if i % 100 == 0:
                print('error %-.5f' % error)
