import numpy as np

class Adam:
    def __init__(self, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = {}, {}, 0

    def update(self, params, grads):
        self.t += 1
        for key in params:
            if key not in self.m:
                self.m[key] = np.zeros_like(params[key])
                self.v[key] = np.zeros_like(params[key])
            self.m[key] = self.beta1 * self.m[key] + (1 - self.beta1) * grads[key]
            self.v[key] = self.beta2 * self.v[key] + (1 - self.beta2) * grads[key] ** 2
            m_hat = self.m[key] / (1 - self.beta1 ** self.t)
            v_hat = self.v[key] / (1 - self.beta2 ** self.t)
            params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)


class Regressor:
    def __init__(self, n_features, n_hidden=10, lr=0.02):
        self.params = {
            'W1': np.random.randn(n_features, n_hidden) * 0.5,
            'b1': np.zeros(n_hidden),
            'W2': np.random.randn(n_hidden, 1) * 0.5,
            'b2': np.zeros(1),
        }
        self.opt = Adam(lr)

    def predict(self, X):
        p = self.params
        self.h = np.tanh(X @ p['W1'] + p['b1'])
        return self.h @ p['W2'] + p['b2']

    def train_step(self, X, y):
        p = self.params
        out = self.predict(X)
        dout = 2 * (out - y) / len(X)
        dh = dout @ p['W2'].T * (1 - self.h ** 2)
        grads = {'W2': self.h.T @ dout, 'b2': dout.sum(0), 'W1': X.T @ dh, 'b1': dh.sum(0)}
        self.opt.update(p, grads)
        return np.mean((out - y) ** 2)


if __name__ == '__main__':
    np.random.seed(42)
    X = np.random.uniform(-3, 3, (80, 1))
    y = np.sin(X) + 0.05 * np.random.randn(80, 1)
    X = (X - X.mean()) / X.std()
    y = (y - y.mean()) / y.std()
    net = Regressor(1)
    for epoch in range(2000):
        loss = net.train_step(X, y)
        if epoch % 500 == 0:
            print(f'epoch {epoch}: {loss:.4f}')
