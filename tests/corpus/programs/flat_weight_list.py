import numpy as np

np.random.seed(10)
layers = [2, 4, 3, 1]
weights = [np.random.uniform(-1, 1, (layers[i] + 1, layers[i + 1])) for i in range(3)]
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)

def with_bias(a):
    return np.hstack((a, np.ones((a.shape[0], 1))))

for epoch in range(8000):
    acts = [X]
    for w in weights:
        acts.append(1 / (1 + np.exp(-with_bias(acts[-1]).dot(w))))
    error = acts[-1] - y
    delta = error * acts[-1] * (1 - acts[-1])
    for k in (2, 1, 0):
        gradient = with_bias(acts[k]).T.dot(delta)
        if k:
            delta = delta.dot(weights[k][:-1].T) * acts[k] * (1 - acts[k])
        weights[k] = weights[k] - 0.8 * gradient
print(np.round(acts[-1], 3))
