import numpy as np
np.random.seed(4)
N, K = 5, 3
X = np.vstack([np.random.randn(N, 2) * 0.3 + c for c in ([0, 1], [1, -1], [-1, -1])])
Y = np.repeat(np.eye(K), N, axis=0)

wh = np.random.rand(2, 4) - 0.5
bh = np.random.randn(4)
wo = np.random.rand(4, 3) - 0.5
bo = np.random.randn(3)
lr = 0.05

def sigmoid(x):
    return 1/(1+np.exp(-x))

def softmax(A):
    expA = np.exp(A)
    return expA / expA.sum(axis=1, keepdims=True)

error_cost = []
for epoch in range(5000):
    zh = np.dot(X, wh) + bh
    ah = sigmoid(zh)
    zo = np.dot(ah, wo) + bo
    ao = softmax(zo)

    dcost_dzo = ao - Y
    dcost_wo = np.dot(ah.T, dcost_dzo)
    dcost_bo = dcost_dzo.sum(axis=0)

    dcost_dah = np.dot(dcost_dzo, wo.T)
    dcost_dzh = dcost_dah * sigmoid(zh) * (1 - sigmoid(zh))
    dcost_wh = np.dot(X.T, dcost_dzh)
    dcost_bh = dcost_dzh.sum(axis=0)

    wh -= lr * dcost_wh
    bh -= lr * dcost_bh
    wo -= lr * dcost_wo
    bo -= lr * dcost_bo

    if epoch % 200 == 0:
        loss = np.sum(-Y * np.log(ao))
        error_cost.append(loss)
print(error_cost[-1])
