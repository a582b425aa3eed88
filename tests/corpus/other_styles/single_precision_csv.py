import os
import numpy as np
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

here = os.path.dirname(os.path.abspath(__file__))
raw = np.loadtxt(os.path.join(here, "houses.csv"), delimiter=",", skiprows=1)
X_train = raw[:, :-1].astype(np.float32)
y_train = raw[:, -1:].astype(np.float32)
mu, sd = X_train.mean(0), X_train.std(0)
X_train = (X_train - mu) / sd
y_mean, y_std = y_train.mean(), y_train.std()
y_train = (y_train - y_mean) / y_std

rng = np.random.RandomState(0)
W1 = rng.randn(X_train.shape[1], 10).astype(np.float32) * 0.4
b1 = np.zeros((1, 10), dtype=np.float32)
W2 = rng.randn(10, 1).astype(np.float32) * 0.4
b2 = np.zeros((1, 1), dtype=np.float32)
learning_rate = 0.05
n_epochs = 300
losses = []

for epoch in range(n_epochs):
    # forward
    Z1 = X_train @ W1 + b1
    A1 = np.maximum(0, Z1)
    y_hat = A1 @ W2 + b2
    loss = np.mean((y_hat - y_train) ** 2)
    losses.append(loss)
    # backward
    dY = 2 * (y_hat - y_train) / len(X_train)
    dW2 = A1.T @ dY
    db2 = dY.sum(axis=0, keepdims=True)
    dA1 = dY @ W2.T
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X_train.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    W1 -= learning_rate * dW1
    b1 -= learning_rate * db1
    W2 -= learning_rate * dW2
    b2 -= learning_rate * db2

plt.figure(figsize=(6, 4))
plt.plot(losses)
plt.xlabel("epoch")
plt.title("training loss")
plt.savefig("loss.png")
print("RMSE", np.sqrt(losses[-1]) * y_std)
