import numpy as np
np.random.seed(6)
features = np.random.uniform(-1, 1, (12, 2))
labels = (features[:, :1] * features[:, 1:] > 0).astype(float)

w0 = np.random.randn(2, 6); c0 = np.zeros(6)
w1 = np.random.randn(6, 1); c1 = np.zeros(1)

def lrelu(v):
    return np.where(v > 0, v, 0.1 * v)

for epoch in range(2000):
    pre = features @ w0 + c0
    act = lrelu(pre)
    prob = 1 / (1 + np.exp(-(act @ w1 + c1)))
    # binary cross entropy
    d1 = (prob - labels) / len(features)
    d0 = (d1 @ w1.T) * np.where(pre > 0, 1, 0.1)
    w1 -= 0.5 * act.T @ d1
    c1 -= 0.5 * d1.sum(0)
    w0 -= 0.5 * features.T @ d0
    c0 -= 0.5 * d0.sum(0)
accuracy = np.mean((prob > 0.5) == labels)
print("accuracy", accuracy)
