import numpy as np


class NeuralNetwork:
    def __init__(self, n_input, n_hidden, n_output, lr=0.5):
        self.lr = lr
        self.W1 = np.random.randn(n_input, n_hidden)
        self.b1 = np.zeros((1, n_hidden))
        self.W2 = np.random.randn(n_hidden, n_output)
        self.b2 = np.zeros((1, n_output))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = self.sigmoid(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = self.sigmoid(self.z2)
        return self.a2

    def backward(self, X, y, output):
        error = y - output
        d2 = error * self.sigmoid_derivative(output)
        hidden_error = np.dot(d2, self.W2.T)
        d1 = hidden_error * self.sigmoid_derivative(self.a1)

        self.W2 += self.lr * np.dot(self.a1.T, d2)
        self.b2 += self.lr * np.sum(d2, axis=0, keepdims=True)
        self.W1 += self.lr * np.dot(X.T, d1)
        self.b1 += self.lr * np.sum(d1, axis=0, keepdims=True)

    def train_step(self, X, y):
        output = self.forward(X)
        self.backward(X, y, output)
        return np.mean((y - output) ** 2)

    def train(self, X, y, epochs):
        for epoch in range(epochs):
            loss = self.train_step(X, y)
            if epoch % 1000 == 0:
                print("epoch", epoch, "loss", loss)


if __name__ == "__main__":
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([[0], [1], [1], [0]])
    nn = NeuralNetwork(2, 4, 1)
    nn.train(X, y, 10000)
    print(nn.forward(X))
