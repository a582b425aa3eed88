import numpy as np
np.random.seed(2)
x = np.random.rand(3, 10)
t = (x.sum(axis=0, keepdims=True) > 1.5) * 1.0
m = x.shape[1]
W1 = np.random.randn(4, 3); b1 = np.zeros((4, 1))
W2 = np.random.randn(1, 4); b2 = np.zeros((1, 1))
alpha = 1.0
costs = []
for i in range(3000):
    Z1 = np.dot(W1, x) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = -np.mean(t * np.log(A2) + (1 - t) * np.log(1 - A2))
    dZ2 = A2 - t
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, x.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    W1 = W1 - alpha * dW1
    b1 = b1 - alpha * db1
    W2 = W2 - alpha * dW2
    b2 = b2 - alpha * db2
    if i % 1000 == 0:
        costs.append(cost)
        print("cost", cost)
