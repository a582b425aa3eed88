"""Programs whose samples are columns."""

from ..entry import Edit, Helper, Layer, Program

COURSERA = """A2, cache = forward_propagation(X, parameters)
parameters = update_parameters(parameters, backward_propagation(parameters, cache, X, Y))"""
SOFTMAX = """_f = forward_prop(W1, b1, W2, b2, X.T)
_g = backward_prop(*_f, W1, W2, X.T, y.T)
W1, b1, W2, b2 = update_params(W1, b1, W2, b2, *_g, 0.3)"""

PROGRAMS = (
    Program(
        "coursera_dicts", "functions", "full", (2, 4, 1), ("tanh", "sigmoid"), "cross_entropy", "separate",
        tuple(f"parameters['{name}']" for name in ("W1", "b1", "W2", "b2")), "forward_propagation(X, parameters)[0]",
        factor=1 / 12, rate=1.2, step=COURSERA, X="X.T", y="Y.T", orientation="out,in", rate_name="learning_rate",
        rows="columns", n="m", mean="np.mean({}, axis=1, keepdims=True)", difference="dZ2 = A2 - Y",
        residual="A2 - Y", shown="dZ2",
        layer=(
            Layer((2,), a="A2", grad="dW2 = np.dot(dZ2, A1.T) / m", product="np.dot(dZ2, A1.T)", inputs="A1",
                  inputs_z="Z1", d="dZ2", own="W2",
                  update='W2 = parameters["W2"] - learning_rate * grads["dW2"]',
                  bias="db2 = np.sum(dZ2, axis=1, keepdims=True) / m", total="np.sum(dZ2, axis=1, keepdims=True)",
                  bias_update='b2 = parameters["b2"] - learning_rate * grads["db2"]'),
            Layer((1,), "dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))", "np.dot(W2.T, dZ2)",
                  "(1 - np.power(A1, 2))", "A1", "Z1", "X", "W2", "dW1 = np.dot(dZ1, X.T) / m", "np.dot(dZ1, X.T)",
                  "X", "", "dZ1", 'parameters["W1"]', 'W1 = parameters["W1"] - learning_rate * grads["dW1"]',
                  "db1 = np.sum(dZ1, axis=1, keepdims=True) / m", "np.sum(dZ1, axis=1, keepdims=True)",
                  'b1 = parameters["b1"] - learning_rate * grads["db1"]'),
        ),
        edit=(
            Edit("bias_not_updated", (2,), '    b2 = parameters["b2"] - learning_rate * grads["db2"]',
                 '    b2 = parameters["b2"]'),
            Edit("bias_not_updated", (1,), '    b1 = parameters["b1"] - learning_rate * grads["db1"]',
                 '    b1 = parameters["b1"]'),
            Edit("update_lost", (1, 2), "    return {\"W1\": W1, \"b1\": b1, \"W2\": W2, \"b2\": b2}\n\n\ndef nn_model",
                 "    return parameters\n\n\ndef nn_model"),
            Edit("update_lost", (1,), '    W1 = parameters["W1"] - learning_rate * grads["dW1"]\n'
                 '    b1 = parameters["b1"] - learning_rate * grads["db1"]',
                 '    W1 = parameters["W1"]\n    b1 = parameters["b1"]'),
        ),
    ),
    Program(
        "vstack_ones", "object", "full", (2, 2, 1), ("sigmoid", "sigmoid"), "squared", "last column",
        ("net.weights[0]", "net.weights[1]"), "net.run(X)", factor=1, reports=True, rate=0.2, step="net.train_epoch(X, y)",
        many="for i in range(6000): net.train_epoch(X, y, 0.5)", build="BackPropagationNetwork((2, 2, 1))",
        data="xor", orientation="out,in", rate_name="training_rate", rows="columns", f="self.sgm",
        difference="output_delta = self._layer_output[index] - target.T",
        residual="self._layer_output[index] - target.T", shown="output_delta",
        helper=(Helper("return out * (1 - out)", "x", "z", f="self.sgm", layers=(1, 2)),),
        layer=(
            Layer((2,), "delta.append(output_delta * self.sgm(self._layer_input[index], True))", "output_delta",
                  "self.sgm(self._layer_input[index], True)", "self._layer_output[index]",
                  "self._layer_input[index]", "self._layer_output[index - 1]"),
            Layer((1,), "delta.append(delta_pullback[:-1, :] * self.sgm(self._layer_input[index], True))",
                  "delta_pullback = self.weights[index + 1].T.dot(delta[-1])",
                  "self.sgm(self._layer_input[index], True)", "self._layer_output[index]",
                  "self._layer_input[index]", "input.T", "self.weights[index + 1]"),
            Layer((1, 2), grad="weight_delta = delta[delta_index].dot(layer_output.T)",
                  product="delta[delta_index].dot(layer_output.T)", inputs="layer_output", d="delta[delta_index]",
                  own="self.weights[index]", update="self.weights[index] -= training_rate * weight_delta"),
        ),
        edit=(
            Edit("data_changed", (), "        self.run(input)\n        # calculate",
                 "        input -= 0.5\n        self.run(input)\n        # calculate"),
            Edit("bias_propagated", (1,), "delta_pullback[:-1, :] *", "delta_pullback[1:, :] *"),
            Edit("pre_activation_for_activation", (2,), "np.vstack([self._layer_output[index - 1], np",
                 "np.vstack([self._layer_input[index - 1], np"),
            Edit("sign_alternating", (2,), "return out * (1 - out)", "return out * (out - 1)"),
            Edit("shared_arrays", (1, 2), '    def __init__(self, layer_size):\n        self.layer_count = len(layer_size) - 1\n        self.weights = []\n',
                 '    weights = []\n\n    def __init__(self, layer_size):\n        self.layer_count = len(layer_size) - 1\n'),
        ),
    ),
    Program(
        "column_deep", "object", "full", (3, 4, 4, 1), ("relu", "relu", "linear"), "squared", "separate",
        tuple(f"net.{name}[{l}]" for l in (1, 2, 3) for name in "Wb"), "net.forward(X.T)", factor=0.2, rate=0.1,
        step="net.optimize(X.T, y.T, 0.1)", build="Model((3, 4, 4, 1))", data="sum", orientation="out,in",
        rows="columns", n="m", difference="dZ = 2 * (self.A[last] - Y) / m", residual="(self.A[last] - Y)",
        mean="{}.mean(axis=1, keepdims=True)",
        layer=(
            Layer((1, 2), "dZ = (self.W[l].T @ dZ) * (self.Z[l - 1] > 0)", "(self.W[l].T @ dZ)",
                  "(self.Z[l - 1] > 0)", "self.A[l - 1]", "self.Z[l - 1]", "", "self.W[l]"),
            Layer((1, 2, 3), grad="grads[l] = (dZ @ self.A[l - 1].T, dZ.sum(axis=1, keepdims=True))",
                  product="dZ @ self.A[l - 1].T", inputs="self.A[l - 1]", d="dZ", own="self.W[l]",
                  update="self.W[l] = self.W[l] - lr * dW", bias_update="self.b[l] = self.b[l] - lr * db",
                  bias="grads[l] = (dZ @ self.A[l - 1].T, dZ.sum(axis=1, keepdims=True))",
                  total="dZ.sum(axis=1, keepdims=True)"),
        ),
        edit=(
            Edit("derivative_of_wrong_layer", (1, 2), "self.Z[l - 1] > 0)", "self.Z[l] > 0)"),
            Edit("pre_activation_for_activation", (2, 3), "grads[l] = (dZ @ self.A[l - 1].T,",
                 "grads[l] = (dZ @ self.Z.get(l - 1, self.A[0]).T,"),
        ),
    ),
    Program(
        "nielsen_style", "object", "mini", (2, 3, 2), ("sigmoid", "sigmoid"), "squared", "separate",
        ("net.weights[0]", "net.biases[0]", "net.weights[1]", "net.biases[1]"),
        "[net.feedforward(x.reshape(-1, 1)) for x in X]", factor=1 / 12, rate=3.0,
        step="net.update_mini_batch([(a.reshape(-1, 1), b.reshape(-1, 1)) for a, b in zip(X, y)], 3.0)",
        build="Network([2, 3, 2])", data="two2", orientation="out,in", rate_name="eta", rows="columns", f="sigmoid",
        difference="return output_activations - y", residual="output_activations - y",
        shown="(activations[-1] - y)",
        helper=(Helper("return sigmoid(z) * (1 - sigmoid(z))", "z", "z", f="sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])",
                  "self.cost_derivative(activations[-1], y)", "sigmoid_prime(zs[-1])", "activations[-1]", "zs[-1]",
                  "activations[-2]", "", "nabla_w[-1] = np.dot(delta, activations[-2].transpose())",
                  "np.dot(delta, activations[-2].transpose())", "activations[-2]", "zs[-2]", "delta",
                  "self.weights[-1]", "", "", "", "nabla_b[-1] = delta"),
            Layer((1,), "delta = np.dot(self.weights[-l + 1].transpose(), delta) * sigmoid_prime(zs[-l])",
                  "np.dot(self.weights[-l + 1].transpose(), delta)", "sigmoid_prime(zs[-l])", "activations[-l]",
                  "zs[-l]", "activations[-l - 1]", "self.weights[-l + 1]",
                  "nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())",
                  "np.dot(delta, activations[-l - 1].transpose())", "activations[-l - 1]", "", "delta",
                  "self.weights[-l]", "", "", "", "nabla_b[-l] = delta"),
        ),
        edit=(
            Edit("rate_divided", (1, 2), "[w - (eta / len(mini_batch)) * nw", "[w - (1 / eta / len(mini_batch)) * nw"),
            Edit("last_row_only", (1, 2), "            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]\n"
                 "            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]\n",
                 "            nabla_b = [dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]\n"
                 "            nabla_w = [dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]\n"),
            Edit("bias_wrong_sum", (1, 2), "nabla_b = [nb + dnb for nb, dnb", "nabla_b = [dnb for nb, dnb"),
            Edit("sign_reversed", (1, 2), "[w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]\n        self.biases = [b - (",
                 "[w + (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]\n        self.biases = [b + ("),
            Edit("bias_not_updated", (1, 2), "        self.biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(self.biases, nabla_b)]",
                 "        # self.biases = [b - (eta / len(mini_batch)) * nb for b, nb in zip(self.biases, nabla_b)]"),
            Edit("update_lost", (1, 2), "        self.weights = [w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]\n        self.biases = [b -",
                 "        weights = [w - (eta / len(mini_batch)) * nw for w, nw in zip(self.weights, nabla_w)]\n        biases = [b -"),
        ),
    ),
    Program(
        "notebook_columns", "functions", "full", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        ("W1", "b1", "W2", "b2"), "forward_prop(X)", factor=1, reports=True, rate=2.0, step="train_once(X, Y)", X="X.T", y="Y.T",
        many="for i in range(3000): train_once(X, Y)", orientation="out,in", rows="columns", n="x.shape[1]",
        f="sigmoid", mean="{}.mean(axis=1, keepdims=True)", difference="E = O - t", residual="O - t", shown="E",
        layer=tuple(
            Layer((l,), delta, error, slope, a, f"Z{l}", x, W, f"W{l} = W{l} - lr * D{l} @ {x}.T", f"D{l} @ {x}.T", x,
                  "Z1" if l == 2 else "", f"D{l}", f"W{l}", f"W{l} = W{l} - lr * D{l} @ {x}.T",
                  f"b{l} = b{l} - lr * D{l}.sum(axis=1, keepdims=True)", f"D{l}.sum(axis=1, keepdims=True)",
                  f"b{l} = b{l} - lr * D{l}.sum(axis=1, keepdims=True)")
            for l, delta, error, slope, a, x, W in (
                (2, "D2 = E * O * (1 - O)", "E", "O * (1 - O)", "O", "H", ""),
                (1, "D1 = B * H * (1 - H)", "B = W2.T @ D2", "H * (1 - H)", "H", "x", "W2"),
            )
        ),
        edit=(
            Edit("update_lost", (1, 2), "    global W1, b1, W2, b2\n    Z1 = W1 @ x + b1\n",
                 "    W1, b1, W2, b2 = globals()['W1'], globals()['b1'], globals()['W2'], globals()['b2']\n    Z1 = W1 @ x + b1\n"),
            Edit("output_error_for_hidden", (1,), "B = W2.T @ D2", "B = W2.T @ E"),
            Edit("output_error_for_hidden", (1,), "B = W2.T @ D2", "B = W2.T @ O"),
        ),
    ),
    Program(
        "softmax_columns", "functions", "full", (2, 5, 3), ("relu", "softmax"), "cross_entropy", "separate",
        ("W1", "b1", "W2", "b2"), "forward_prop(W1, b1, W2, b2, X.T)[-1].T", factor=1 / 12, rate=0.3, step=SOFTMAX,
        data="blobs", orientation="out,in", rate_name="alpha", rows="columns",
        mean="np.mean({}, axis=1, keepdims=True)", difference="dZ2 = A2 - one_hot_Y", residual="A2 - one_hot_Y",
        shown="dZ2", n="m",
        layer=tuple(
            Layer((l,), delta, error, slope, f"A{l}", f"Z{l}", x, W, f"dW{l} = 1 / m * dZ{l}.dot({x}.T)",
                  f"dZ{l}.dot({x}.T)", x, "Z1" if l == 2 else "", f"dZ{l}", f"W{l}", f"W{l} = W{l} - alpha * dW{l}",
                  f"db{l} = 1 / m * np.sum(dZ{l}, axis=1, keepdims=True)", f"np.sum(dZ{l}, axis=1, keepdims=True)",
                  f"b{l} = b{l} - alpha * db{l}", "relu" if l == 1 else "")
            for l, delta, error, slope, x, W in (
                (2, "", "", "", "A1", ""),
                (1, "dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)", "W2.T.dot(dZ2)", "ReLU_deriv(Z1)", "X", "W2"),
            )
        ),
        edit=(
            Edit("softmax_axis", (1, 2), "return np.exp(Z) / sum(np.exp(Z))", "return np.exp(Z) / np.sum(np.exp(Z), axis=1, keepdims=True)"),
            Edit("softmax_axis", (1, 2), "/ sum(np.exp(Z))", "/ np.sum(np.exp(Z))"),
            Edit("derivative_of_wrong_function", (2,), "dZ2 = A2 - one_hot_Y", "dZ2 = (A2 - one_hot_Y) * A2 * (1 - A2)"),
        ),
    ),
)
