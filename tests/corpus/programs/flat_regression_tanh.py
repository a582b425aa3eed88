# fit a sine with one hidden layer
import numpy as np

rng = np.random.RandomState(0)
x = np.linspace(-2, 3, 24).reshape(24, 1)
y = np.sin(x)

H = 8
eta = 0.01
w1 = rng.randn(1, H)
b1 = rng.randn(1, H)
w2 = rng.randn(H, 1) * 0.5
b2 = np.zeros((1, 1))

history = []
for epoch in range(4000):
    # forward
    z = x @ w1 + b1
    a = np.tanh(z)
    yhat = a @ w2 + b2
    # loss
    diff = yhat - y
    history.append((diff ** 2).mean())
    # backward
    grad_w2 = a.T @ diff
    grad_b2 = diff.sum(axis=0, keepdims=True)
    da = diff @ w2.T
    dz = da * (1 - a ** 2)
    grad_w1 = x.T @ dz
    grad_b1 = dz.sum(axis=0, keepdims=True)
    # step
    w2 -= eta * grad_w2
    b2 -= eta * grad_b2
    w1 -= eta * grad_w1
    b1 -= eta * grad_b1

try:
    import matplotlib
    matplotlib.use("Agg")
except ImportError:
    print("no plots")
