import numpy as np
import pandas as pd

# classifier with early numpy idioms, lists of layers and a bias unit column (np.c_)
def tanh(x):
    return np.tanh(x)

def dtanh(x):
    return 1.0 - np.tanh(x) ** 2

class MLP:
    def __init__(self, ni, nh, no):
        self.ni = ni + 1
        self.nh = nh
        self.no = no
        self.wi = np.random.uniform(-0.5, 0.5, (self.ni, self.nh))
        self.wo = np.random.uniform(-0.5, 0.5, (self.nh, self.no))
        self.ci = np.zeros((self.ni, self.nh))
        self.co = np.zeros((self.nh, self.no))

    def runNN(self, inputs):
        self.ai = np.c_[np.atleast_2d(inputs), np.ones(len(np.atleast_2d(inputs)))]
        self.sh = self.ai.dot(self.wi)
        self.ah = tanh(self.sh)
        self.so = self.ah.dot(self.wo)
        self.ao = tanh(self.so)
        return self.ao

    def backPropagate(self, targets, N, M):
        error = targets - self.ao
        output_deltas = error * dtanh(self.ao)
        hidden_deltas = output_deltas.dot(self.wo.T) * dtanh(self.sh)
        change = self.ah.T.dot(output_deltas)
        self.wo += N * change - M * self.co
        self.co = change
        change = self.ai.T.dot(hidden_deltas)
        self.wi += N * change + M * self.ci
        self.ci = change

    def train(self, X, y, iterations=1000, N=0.05, M=0.01):
        for i in range(iterations):
            self.runNN(X)
            self.backPropagate(y, N, M)
            if i % 100 == 0:
                print('error %-14f' % (0.5 * np.sum((y - self.ao) ** 2)))

if __name__ == '__main__':
    np.random.seed(0)
    pat = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    tgt = np.array([[-1], [1], [1], [-1]], dtype=float)
    n = MLP(2, 3, 1)
    n.train(pat, tgt)
