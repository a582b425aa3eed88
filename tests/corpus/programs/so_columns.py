import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_prime(y):
    return y * (1.0 - y)


def network(x, y, w_0, w_1, lr=0.5):
    # feed forward
    inp = x.reshape((-1, 1))
    hidden = sigmoid(np.dot(w_0, inp))
    output = sigmoid(np.dot(w_1, hidden))

    # errors
    output_error = y.reshape((-1, 1)) - output
    output_delta = output_error * sigmoid_prime(output)
    hidden_error = np.dot(w_1.T, output_delta)
    hidden_delta = hidden_error * sigmoid_prime(hidden)

    # update in place
    w_1 += lr * np.dot(output_delta, hidden.T)
    w_0 += lr * np.dot(hidden_delta, inp.T)
    return output


def predict(x):
    return sigmoid(w_1 @ sigmoid(w_0 @ x.reshape((-1, 1))))


np.random.seed(17)
w_0 = np.random.normal(size=(2, 2))
w_1 = np.random.normal(size=(1, 2))
samples = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
labels = np.array([[0.0], [1.0], [1.0]])

if __name__ == "__main__":
    for epoch in range(6000):
        for s, l in zip(samples, labels):
            out = network(s, l, w_0, w_1)
        if epoch % 1000 == 0:
            print(epoch, out)
