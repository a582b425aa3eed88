import numpy as np
np.random.seed(5)

data = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
W1 = np.random.randn(3, 3)      # 2 inputs + bias column -> 3 hidden
W2 = np.random.randn(1, 4)      # 3 hidden + bias column -> 1 output
lr = 0.5

def s(z):
    return 1.0 / (1.0 + np.exp(-z))

for it in range(20000):
    total = 0
    for row in data:
        x = np.append(row[:2], 1.0)
        t = row[2]
        h = s(W1 @ x)
        hb = np.append(h, 1.0)
        o = s(W2 @ hb)
        e = t - o
        total += 0.5 * e[0] ** 2
        d_o = e * o * (1 - o)
        d_h = W2[0, :-1] * d_o * h * (1 - h)
        W2 += lr * np.outer(d_o, hb)
        W1 += lr * np.outer(d_h, x)
    if it % 5000 == 0:
        print(it, total)
