import numpy as np
import matplotlib.pyplot as plt

def layer_sizes(X, Y):
    return X.shape[0], 5, Y.shape[0]

def initialize(n_x, n_h, n_y):
    np.random.seed(2)
    return {'W1': np.random.randn(n_h, n_x) * 0.5, 'b1': np.zeros((n_h, 1)),
            'W2': np.random.randn(n_h, n_h) * 0.5, 'b2': np.zeros((n_h, 1)),
            'W3': np.random.randn(n_y, n_h) * 0.5, 'b3': np.zeros((n_y, 1))}

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def forward_propagate(X, p):
    Z1 = p['W1'] @ X + p['b1']
    A1 = np.tanh(Z1)
    Z2 = p['W2'] @ A1 + p['b2']
    A2 = np.tanh(Z2)
    Z3 = p['W3'] @ A2 + p['b3']
    A3 = sigmoid(Z3)
    return A3, {'Z1': Z1, 'A1': A1, 'Z2': Z2, 'A2': A2, 'Z3': Z3, 'A3': A3}

def compute_cost(A3, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)) / m

def back_propagate(p, cache, X, Y):
    m = X.shape[1]
    dZ3 = cache['A3'] - Y
    dW3 = dZ3 @ cache['A2'].T / m
    db3 = np.sum(dZ3, axis=1, keepdims=True) / m
    dZ2 = p['W3'].T @ dZ3 * (1 - cache['A2'] ** 2)
    dW2 = dZ2 @ cache['Z1'].T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = p['W2'].T @ dZ2 * (1 - cache['A1'] ** 2)
    dW1 = dZ1 @ X.T / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {'dW1': dW1, 'db1': db1, 'dW2': dW2, 'db2': db2, 'dW3': dW3, 'db3': db3}

def update(p, g, alpha=1.2):
    for k in p:
        p[k] = p[k] - alpha * g['d' + k]
    return p

def model(X, Y, iterations=2000, verbose=True):
    n_x, n_h, n_y = layer_sizes(X, Y)
    p = initialize(n_x, n_h, n_y)
    costs = []
    for i in range(iterations):
        A3, cache = forward_propagate(X, p)
        costs.append(compute_cost(A3, Y))
        g = back_propagate(p, cache, X, Y)
        p = update(p, g, 0.5)
        if verbose and i % 500 == 0:
            print('cost %d: %.4f' % (i, costs[-1]))
    return p, costs

np.random.seed(1)
X = np.random.randn(2, 60)
Y = (np.sum(X ** 2, axis=0, keepdims=True) < 1.4).astype(float)
params, costs = model(X, Y)
plt.plot(costs); plt.show()
