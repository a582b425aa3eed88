import numpy as np


class TwoLayerNet(object):
    """affine - relu - affine - softmax, parameters in a dictionary"""

    def __init__(self, input_size, hidden_size, output_size, std=0.3):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.full(hidden_size, 0.05)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def predict_proba(self, X):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        hidden = np.maximum(0, X.dot(W1) + b1)
        scores = hidden.dot(W2) + b2
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)

    def loss_and_grads(self, X, y):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape
        pre = X.dot(W1) + b1
        hidden = np.maximum(0, pre)
        probs = self.predict_proba(X)
        loss = -np.mean(np.log(probs[np.arange(N), y.argmax(axis=1)]))

        grads = {}
        dscores = probs - y
        dscores /= N
        grads['W2'] = hidden.T.dot(dscores)
        grads['b2'] = np.sum(dscores, axis=0)
        dhidden = dscores.dot(W2.T)
        dpre = dhidden * (pre > 0)
        grads['W1'] = X.T.dot(dpre)
        grads['b1'] = np.sum(dpre, axis=0)
        return loss, grads

    def train(self, X, y, learning_rate=0.5, num_iters=100, batch_size=200):
        loss_history = []
        for it in range(num_iters):
            loss, grads = self.loss_and_grads(X, y)
            loss_history.append(loss)
            for name in self.params:
                self.params[name] -= learning_rate * grads[name]
        return {'loss_history': loss_history}
