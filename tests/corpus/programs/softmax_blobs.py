import numpy as np

np.random.seed(0)


class Net:
    def __init__(self, D, H, K, reg=0.0):
        self.W = 0.5 * np.random.randn(D, H)
        self.b = np.zeros((1, H))
        self.V = 0.5 * np.random.randn(H, K)
        self.c = np.zeros((1, K))

    def scores(self, X):
        self.hidden = np.maximum(0, np.dot(X, self.W) + self.b)  # note, ReLU activation
        s = np.dot(self.hidden, self.V) + self.c
        e = np.exp(s - np.max(s, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)  # [N x K]

    def step(self, X, labels, step_size=1e-1):
        num_examples = X.shape[0]
        probs = self.scores(X)
        loss = -np.sum(labels * np.log(probs)) / num_examples

        # compute the gradient on scores
        dscores = (probs - labels) / num_examples

        # backpropate the gradient to the parameters
        dV = np.dot(self.hidden.T, dscores)
        dc = np.sum(dscores, axis=0, keepdims=True)
        dhidden = np.dot(dscores, self.V.T)
        # backprop the ReLU non-linearity
        dhidden[self.hidden <= 0] = 0
        dW = np.dot(X.T, dhidden)
        db = np.sum(dhidden, axis=0, keepdims=True)

        # perform a parameter update
        self.W += -step_size * dW
        self.b += -step_size * db
        self.V += -step_size * dV
        self.c += -step_size * dc
        return loss
