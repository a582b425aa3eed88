import gzip, pickle, os, time
import numpy as np

# mnist like training, data replaced by small random digits
def load_data():
    if os.path.exists('digits.pkl.gz'):
        with gzip.open('digits.pkl.gz') as f:
            return pickle.load(f)
    rs = np.random.RandomState(0)
    proto = rs.rand(4, 16)
    labels = rs.randint(0, 4, 100)
    return np.clip(proto[labels] + .2 * rs.randn(100, 16), 0, 1), labels

def to_categorical(y, n):
    return np.eye(n)[y]

class DeepNeuralNetwork():
    def __init__(self, sizes, epochs=5, l_rate=0.1):
        self.sizes = sizes
        self.epochs = epochs
        self.l_rate = l_rate
        self.params = self.initialization()

    def sigmoid(self, x, derivative=False):
        if derivative:
            return (np.exp(-x)) / ((np.exp(-x) + 1) ** 2)
        return 1 / (1 + np.exp(-x))

    def softmax(self, x, derivative=False):
        exps = np.exp(x - x.max())
        if derivative:
            return exps / np.sum(exps, axis=0) * (1 - exps / np.sum(exps, axis=0))
        return exps / np.sum(exps, axis=0)

    def initialization(self):
        input_layer, hidden_1, hidden_2, output_layer = self.sizes
        rs = np.random.RandomState(1)
        return {'W1': rs.randn(hidden_1, input_layer) * np.sqrt(1. / hidden_1),
                'W2': rs.randn(hidden_2, hidden_1) * np.sqrt(1. / hidden_2),
                'W3': rs.randn(output_layer, hidden_2) * np.sqrt(1. / output_layer)}

    def forward_pass(self, x_train):
        params = self.params
        params['A0'] = x_train
        params['Z1'] = np.dot(params["W1"], params['A0'])
        params['A1'] = self.sigmoid(params['Z1'])
        params['Z2'] = np.dot(params["W2"], params['A1'])
        params['A2'] = self.sigmoid(params['Z2'])
        params['Z3'] = np.dot(params["W3"], params['A2'])
        params['A3'] = self.softmax(params['Z3'])
        return params['A3']

    def backward_pass(self, y_train, output):
        params = self.params
        change_w = {}
        error = output - y_train
        change_w['W3'] = np.outer(error, params['A2'])
        error = np.dot(params['W3'].T, error) * self.sigmoid(params['Z2'], derivative=True)
        change_w['W2'] = np.outer(error, params['A1'])
        error = np.dot(params['W2'].T, error) * self.sigmoid(params['A1'], derivative=True)
        change_w['W1'] = np.outer(error, params['A0'])
        return change_w

    def update_network_parameters(self, changes_to_w):
        for key, value in changes_to_w.items():
            self.params[key] -= self.l_rate * value

    def compute_accuracy(self, x_val, y_val):
        predictions = []
        for x, y in zip(x_val, y_val):
            predictions.append(np.argmax(self.forward_pass(x)) == np.argmax(y))
        return np.mean(predictions)

    def train(self, x_train, y_train, x_val, y_val):
        start_time = time.time()
        for iteration in range(self.epochs):
            for x, y in zip(x_train, y_train):
                output = self.forward_pass(x)
                changes_to_w = self.backward_pass(y, output)
                self.update_network_parameters(changes_to_w)
            accuracy = self.compute_accuracy(x_val, y_val)
            print('Epoch: {0}, Time Spent: {1:.2f}s, Accuracy: {2:.2f}%'.format(iteration + 1, time.time() - start_time, accuracy * 100))

x, labels = load_data()
y = to_categorical(labels, 4)
x_train, x_val, y_train, y_val = x[:80], x[80:], y[:80], y[80:]
dnn = DeepNeuralNetwork(sizes=[16, 10, 6, 4])
dnn.train(x_train, y_train, x_val, y_val)
