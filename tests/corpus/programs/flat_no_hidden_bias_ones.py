import numpy as np

inputs = np.array([[1, 0.1, 0.9], [1, 0.8, 0.2], [1, 0.4, 0.4], [1, 0.9, 0.9], [1, 0.2, 0.1]])
outputs = np.array([[0.7, 0.2], [0.4, 0.9], [0.5, 0.5], [0.3, 0.6], [0.8, 0.4]])

np.random.seed(21)
synaptic_weights_1 = 2 * np.random.random((3, 3)) - 1
synaptic_weights_2 = 2 * np.random.random((3, 2)) - 1

for iteration in range(5000):
    for k in range(5):
        sample = inputs[k]
        hidden = 1 / (1 + np.exp(-np.dot(sample, synaptic_weights_1)))
        result = 1 / (1 + np.exp(-np.dot(hidden, synaptic_weights_2)))
        miss = outputs[k] - result
        delta_2 = miss * result * (1 - result)
        hidden_miss = np.dot(synaptic_weights_2, delta_2)
        delta_1 = hidden_miss * hidden * (1 - hidden)
        synaptic_weights_2 += 0.5 * np.outer(hidden, delta_2)
        synaptic_weights_1 += 0.5 * np.outer(sample, delta_1)

print("done", result)
