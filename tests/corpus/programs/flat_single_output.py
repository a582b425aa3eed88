import numpy as np
np.random.seed(13)
X = np.random.uniform(-1, 1, (9, 2))
y = (0.3 + 0.4 * X[:, 0] * X[:, 1]).reshape(-1, 1)
w1 = np.random.randn(2, 4)
w2 = np.random.randn(4)
b1 = np.zeros(4)
b2 = np.zeros(1)
lr = 0.3
for i in range(3000):
    hidden = 1 / (1 + np.exp(-(X @ w1 + b1)))
    out = (hidden @ w2 + b2)[:, None]
    error = out - y
    if i % 1000 == 0:
        print("mse", np.mean(error ** 2))
    gw2 = np.mean(hidden.T @ error, axis=1) / len(X)
    gb2 = np.mean(error)
    spread = error.mean(axis=1)[:, None] * w2
    dh = spread * hidden * (1 - hidden)
    gw1 = X.T @ dh / len(X)
    gb1 = dh.mean(axis=0)
    w2 = w2 - lr * gw2
    b2 = b2 - lr * gb2
    w1 = w1 - lr * gw1
    b1 = b1 - lr * gb1
