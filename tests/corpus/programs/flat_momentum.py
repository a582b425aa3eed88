import numpy as np
np.random.seed(8)
X = np.array([[0.,0.],[0.,1.],[1.,0.],[1.,1.]])
T = np.array([[0.],[1.],[1.],[0.]])
w_ih = np.random.randn(2, 3)
w_ho = np.random.randn(3, 1)
b_h = np.random.randn(3)
b_o = np.random.randn(1)
v_ih = np.zeros((2, 3)); v_ho = np.zeros((3, 1)); v_bh = np.zeros(3); v_bo = np.zeros(1)
lr, mom = 0.4, 0.9

for epoch in range(3000):
    h = 1 / (1 + np.exp(-(X @ w_ih + b_h)))
    o = 1 / (1 + np.exp(-(h @ w_ho + b_o)))
    err = T - o
    g_o = err * o * (1 - o)
    g_h = (g_o @ w_ho.T) * h * (1 - h)
    v_ho = mom * v_ho + lr * (h.T @ g_o)
    v_bo = mom * v_bo + lr * g_o.sum(axis=0)
    v_ih = mom * v_ih + lr * (X.T @ g_h)
    v_bh = mom * v_bh + lr * g_h.sum(axis=0)
    w_ho = w_ho + v_ho
    b_o = b_o + v_bo
    w_ih = w_ih + v_ih
    b_h = b_h + v_bh
    if epoch % 500 == 0:
        print(epoch, float((err ** 2).sum()))
