"""Small healthy programs in the ways that people write them: what attaching has to cope with."""

SIGMOID = "import numpy as np\nnp.random.seed(1)\ndef sigmoid(z): return 1 / (1 + np.exp(-z))\n"
XOR = "X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])\ny = np.array([[0.], [1.], [1.], [0.]])\n"

PROGRAMS: dict[str, str] = {}

PROGRAMS["data_in_the_constructor"] = (
    SIGMOID
    + """
class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)
    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))
    def backprop(self):
        delta = 2 * (self.y - self.output) * self.output * (1 - self.output)
        d2 = np.dot(self.layer1.T, delta)
        d1 = np.dot(self.input.T, np.dot(delta, self.weights2.T) * self.layer1 * (1 - self.layer1))
        self.weights1 += d1
        self.weights2 += d2
X = np.array([[0., 0., 1.], [0., 1., 1.], [1., 0., 1.], [1., 1., 1.]])
y = np.array([[0.], [1.], [1.], [0.]])
nn = NeuralNetwork(X, y)
for i in range(1500):
    nn.feedforward()
    nn.backprop()
print(nn.output)
"""
)

PROGRAMS["class_level_weights"] = (
    SIGMOID
    + """
class Net:
    weights = []
    def __init__(self, shape):
        for n, m in zip(shape[:-1], shape[1:]):
            self.weights.append(np.random.normal(size=(m, n + 1)))
    def run(self, X):
        self.outs = [X.T]
        for W in self.weights:
            self.outs.append(sigmoid(W @ np.vstack([self.outs[-1], np.ones(len(X))])))
        return self.outs[-1].T
    def backpropogate(self, input, target, learning_rate):
        out = self.run(input).T
        delta = (out - target.T) * out * (1 - out)
        steps = []
        for i in (1, 0):
            below = np.vstack([self.outs[i], np.ones(len(input))])
            steps.append(delta @ below.T)
            if i:
                delta = (self.weights[i][:, :-1].T @ delta) * self.outs[i] * (1 - self.outs[i])
        for i in range(2):
            self.weights[i] = self.weights[i] - learning_rate * steps[1 - i]
net = Net([2, 3, 1])
"""
    + XOR
)

PROGRAMS["views_of_one_vector"] = (
    SIGMOID
    + XOR
    + """
class Flat:
    def __init__(self):
        self.theta = np.random.randn(9)
        self.W1 = self.theta[:6].reshape(2, 3)
        self.W2 = self.theta[6:].reshape(3, 1)
        self.alpha = 0.25
    def predict(self, X):
        self.h = np.tanh(X @ self.W1)
        return self.h @ self.W2
    def update(self, X, y):
        e = self.predict(X) - y
        g2 = self.h.T @ e
        g1 = X.T @ ((e @ self.W2.T) * (1 - self.h ** 2))
        self.theta -= self.alpha * np.concatenate([g1.ravel(), g2.ravel()])
model = Flat()
"""
)

PROGRAMS["random_sample_in_a_loop"] = (
    SIGMOID
    + XOR
    + """
w1 = np.random.randn(2, 3)
b1 = np.zeros((1, 3))
w2 = np.random.randn(3, 1)
b2 = np.zeros((1, 1))
for step in range(20000):
    k = np.random.randint(len(X))
    x = X[k:k + 1]
    h = sigmoid(x @ w1 + b1)
    out = sigmoid(h @ w2 + b2)
    d2 = (out - y[k:k + 1]) * out * (1 - out)
    d1 = (d2 @ w2.T) * h * (1 - h)
    w2 -= 0.5 * h.T @ d2
    b2 -= 0.5 * d2
    w1 -= 0.5 * x.T @ d1
    b1 -= 0.5 * d1
"""
)

PROGRAMS["list_of_tuples"] = (
    SIGMOID
    + """
data = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]
W = np.random.randn(3, 2)
V = np.random.randn(1, 3)
rate = 0.5
error = 1.0
while error > 0.01:
    error = 0.0
    for inp, target in data:
        a0 = np.array(inp).reshape(-1, 1)
        t = np.array(target).reshape(-1, 1)
        a1 = sigmoid(W @ a0)
        a2 = sigmoid(V @ a1)
        e = t - a2
        error += float(np.sum(e ** 2))
        s2 = e * a2 * (1 - a2)
        s1 = (V.T @ s2) * a1 * (1 - a1)
        V += rate * s2 @ a1.T
        W += rate * s1 @ a0.T
"""
)

PROGRAMS["main_and_free_functions"] = (
    SIGMOID
    + """
def forward(x, w0, w1):
    h = sigmoid(x @ w0)
    return h, sigmoid(h @ w1)
def train(inputs, keys, iterations):
    w0 = 2 * np.random.random((3, 4)) - 1
    w1 = 2 * np.random.random((4, 1)) - 1
    for i in range(iterations):
        hidden, prediction = forward(inputs, w0, w1)
        error = keys - prediction
        delta = error * prediction * (1 - prediction)
        w1_step = hidden.T @ delta
        w0 = w0 + inputs.T @ ((delta @ w1.T) * hidden * (1 - hidden))
        w1 = w1 + w1_step
    return w0, w1
def main():
    inputs = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    keys = np.array([[0], [1], [1], [0]])
    w0, w1 = train(inputs, keys, 20000)
    print(forward(inputs, w0, w1)[1])
if __name__ == '__main__':
    main()
"""
)

PROGRAMS["gradients_returned"] = (
    SIGMOID
    + XOR
    + """
class Model:
    def __init__(self):
        self.W = [np.random.randn(2, 4), np.random.randn(4, 1)]
        self.b = [np.zeros(4), np.zeros(1)]
        self.lr = 0.3
    def forward(self, X):
        self.a = [X]
        for W, b in zip(self.W, self.b):
            self.a.append(sigmoid(self.a[-1] @ W + b))
        return self.a
    def backward(self, y):
        d = (self.a[-1] - y) * self.a[-1] * (1 - self.a[-1])
        grads = []
        for i in (1, 0):
            grads.append((self.a[i].T @ d, d.sum(axis=0)))
            d = (d @ self.W[i].T) * self.a[i] * (1 - self.a[i])
        return grads[::-1]
    def apply_gradients(self, grads):
        for i, (gW, gb) in enumerate(grads):
            self.W[i] = self.W[i] - self.lr * gW
            self.b[i] = self.b[i] - self.lr * gb
model = Model()
"""
)

PROGRAMS["outputs_kept"] = (
    SIGMOID
    + XOR
    + """
class Brain:
    eta = 0.5
    def __init__(self):
        self.w_ih = np.random.randn(2, 3)
        self.w_ho = np.random.randn(3, 1)
    def activate(self, x):
        self.hidden = sigmoid(x @ self.w_ih)
        self.output = sigmoid(self.hidden @ self.w_ho)
    def learn(self, x, t):
        self.activate(x)
        d = (t - self.output) * self.output * (1 - self.output)
        h = (d @ self.w_ho.T) * self.hidden * (1 - self.hidden)
        self.w_ho += self.eta * self.hidden.T @ d
        self.w_ih += self.eta * x.T @ h
brain = Brain()
for i in range(10000):
    brain.learn(X, y)
"""
)

PROGRAMS["targets_without_an_axis"] = (
    SIGMOID
    + """
X = np.random.randn(9, 2)
y = X[:, 0] * X[:, 1]
class Regression:
    def __init__(self):
        self.V = np.random.randn(2, 5)
        self.c = np.zeros(5)
        self.w = np.random.randn(5)
        self.c0 = 0.0
    def __call__(self, X):
        self.H = np.tanh(X @ self.V + self.c)
        return self.H @ self.w + self.c0
    def train_step(self, X, y, lr=0.01):
        r = self(X) - y
        D = np.outer(r, self.w) * (1 - self.H ** 2)
        self.w = self.w - lr * self.H.T @ r
        self.c0 = self.c0 - lr * r.sum()
        self.V = self.V - lr * X.T @ D
        self.c = self.c - lr * D.sum(axis=0)
reg = Regression()
for epoch in range(1000):
    reg.train_step(X, y)
"""
)

PROGRAMS["weights_stacked_in_three_dimensions"] = (
    SIGMOID
    + XOR
    + """
weights = np.random.randn(2, 2, 2)
def feedforward(x):
    global acts
    acts = [x]
    for W in weights:
        acts.append(np.tanh(acts[-1] @ W))
    return acts[-1]
def backprop(x, t, rate=0.1):
    out = feedforward(x)
    d = (out - t) * (1 - out ** 2)
    for i in (1, 0):
        g = acts[i].T @ d
        d = (d @ weights[i].T) * (1 - acts[i] ** 2)
        weights[i] -= rate * g
y = np.hstack([y, 1 - y])
"""
)

PROGRAMS["training_call_at_the_end"] = (
    SIGMOID
    + XOR
    + """
class MLP(object):
    def __init__(self, sizes, alpha=0.4):
        self.alpha = alpha
        self.synapses = [np.random.randn(a + 1, b) for a, b in zip(sizes, sizes[1:])]
    def propagate(self, x):
        outs = [np.append(x, 1.0)]
        for i, S in enumerate(self.synapses):
            o = sigmoid(outs[-1] @ S)
            outs.append(np.append(o, 1.0) if i < len(self.synapses) - 1 else o)
        return outs
    def train(self, X, y, epochs):
        for _ in range(epochs):
            for x, t in zip(X, y):
                outs = self.propagate(x)
                d = (t - outs[-1]) * outs[-1] * (1 - outs[-1])
                for i in reversed(range(len(self.synapses))):
                    g = np.outer(outs[i], d)
                    d = ((self.synapses[i] @ d) * outs[i] * (1 - outs[i]))[:-1]
                    self.synapses[i] += self.alpha * g
mlp = MLP([2, 3, 1])
mlp.train(X, y, 50000)
"""
)

PROGRAMS["hidden_size_equals_rows"] = (
    SIGMOID
    + XOR
    + """
W1 = np.random.randn(2, 4)
W2 = np.random.randn(4, 1)
lr = 0.7
def predict(A):
    return sigmoid(sigmoid(A @ W1) @ W2)
for epoch in range(5000):
    A1 = sigmoid(X @ W1)
    A2 = sigmoid(A1 @ W2)
    dZ2 = (A2 - y) * A2 * (1 - A2) / 4
    dZ1 = (dZ2 @ W2.T) * A1 * (1 - A1)
    W2 -= lr * A1.T @ dZ2
    W1 -= lr * X.T @ dZ1
"""
)
