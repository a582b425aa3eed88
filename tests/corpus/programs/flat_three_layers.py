import numpy as np

def sigmoid(z): return 1/(1+np.exp(-z))
def dsigmoid(z): return sigmoid(z)*(1-sigmoid(z))

np.random.seed(12)
X = np.array([[0,0],[0,1],[1,0],[1,1]], dtype=float)
Y = np.array([[0,0],[1,0],[1,0],[0,1]], dtype=float)   # xor and and

W1 = np.random.normal(size=(2,4)); B1 = np.zeros((1,4))
W2 = np.random.normal(size=(4,4)); B2 = np.zeros((1,4))
W3 = np.random.normal(size=(4,2)); B3 = np.zeros((1,2))
learning_rate = 1.0

for i in range(20000):
    Z1 = X.dot(W1)+B1
    A1 = sigmoid(Z1)
    Z2 = A1.dot(W2)+B2
    A2 = sigmoid(Z2)
    Z3 = A2.dot(W3)+B3
    A3 = sigmoid(Z3)

    delta3 = (A3-Y)*dsigmoid(Z3)
    delta2 = delta3.dot(W3.T)*dsigmoid(Z2)
    delta1 = delta2.dot(W2.T)*dsigmoid(Z1)

    W3 = W3 - learning_rate*A2.T.dot(delta3)
    B3 = B3 - learning_rate*delta3.sum(axis=0)
    W2 = W2 - learning_rate*A1.T.dot(delta2)
    B2 = B2 - learning_rate*delta2.sum(axis=0)
    W1 = W1 - learning_rate*X.T.dot(delta1)
    B1 = B1 - learning_rate*delta1.sum(axis=0)
    if i % 5000 == 0: print(i, np.mean((A3-Y)**2))
