"""Programs that keep lists of weights or of layer objects."""

from ..entry import Edit, Helper, Layer, Program

LISTS = ("net.weights[0]", "net.biases[0]", "net.weights[1]", "net.biases[1]")

PROGRAMS = (
    Program(
        "list_of_weights", "object", "full", (2, 3, 3, 2), ("sigmoid",) * 3, "squared", "separate",
        (*LISTS, "net.weights[2]", "net.biases[2]"), "net.predict(X)", factor=1 / 12, reports=True, rate=1.5,
        step="net.partial_fit(X, y)", build="NeuralNet([2, 3, 3, 2], 1.5)", data="two2", train="net.fit(X, y, 5)",
        many="net.fit(X, y, 4000)",
        rate_name="self.learning_rate", n="batch_size", f="self._sigmoid", difference="error = activations[-1] - y",
        residual="activations[-1] - y", shown="error", mean="{}.mean(axis=0)",
        helper=(Helper("return a * (1 - a)", "a", "a", f="self._sigmoid", layers=(1, 2, 3)),),
        layer=(
            Layer((3,), "deltas[-1] = error * self._sigmoid_der(activations[-1])", "error",
                  "self._sigmoid_der(activations[-1])", "activations[-1]", "pre[-1]", "activations[-2]"),
            Layer((1, 2), "deltas[i] = (deltas[i + 1] @ self.weights[i + 1].T) * self._sigmoid_der(activations[i + 1])",
                  "(deltas[i + 1] @ self.weights[i + 1].T)", "self._sigmoid_der(activations[i + 1])",
                  "activations[i + 1]", "pre[i]", "activations[i]", "self.weights[i + 1]"),
            Layer((1, 2, 3),
                  grad="self.weights[i] -= self.learning_rate * (activations[i].T @ deltas[i]) / batch_size",
                  product="activations[i].T @ deltas[i]", inputs="activations[i]", d="deltas[i]", own="self.weights[i]",
                  update="self.weights[i] -= self.learning_rate * (activations[i].T @ deltas[i]) / batch_size",
                  bias="self.biases[i] -= self.learning_rate * np.mean(deltas[i], axis=0)",
                  total="np.mean(deltas[i], axis=0)",
                  bias_update="self.biases[i] -= self.learning_rate * np.mean(deltas[i], axis=0)"),
        ),
        edit=(
            Edit("wrong_scale_by_features", (1, 2, 3), "batch_size = X.shape[0]", "batch_size = X.shape[1]"),
            Edit("bias_wrong_sum", (1, 2, 3), "np.mean(deltas[i], axis=0)", "np.sum(deltas[i], axis=0)"),
            Edit("transposed_weights", (1,), "(deltas[i + 1] @ self.weights[i + 1].T)",
                 "(deltas[i + 1] @ (self.weights[i + 1] if i == 0 else self.weights[i + 1].T))"),
            Edit("shared_arrays", (1, 2, 3), "    def __init__(self, layers, learning_rate=0.5):\n"
                 "        self.learning_rate = learning_rate\n        self.weights = []\n        self.biases = []\n",
                 "    weights = []\n    biases = []\n\n    def __init__(self, layers, learning_rate=0.5):\n"
                 "        self.learning_rate = learning_rate\n"),
        ),
    ),
    Program(
        "atleast_2d_rows", "object", "sample", (3, 3, 1), ("sigmoid", "sigmoid"), "squared", "input column",
        ("net.W[0]", "net.W[1]"), "net.predict(X)", factor=1, rate=0.5, step="net.fit(X, y, 1)",
        build="NeuralNetwork([2, 2, 1])", data="xor", train="net.fit(X, y, 5)", many="net.fit(X, y, 5000)",
        rate_name="self.alpha", f="self.sigmoid",
        difference="error = A[-1] - y", residual="A[-1] - y", shown="error",
        helper=(Helper("return x * (1 - x)", "x", "a", f="self.sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "D = [error * self.sigmoid_deriv(A[-1])]", "error", "self.sigmoid_deriv(A[-1])", "A[-1]", "",
                  "A[-2]"),
            Layer((1,), "delta = delta * self.sigmoid_deriv(A[layer])", "delta = D[-1].dot(self.W[layer].T)",
                  "self.sigmoid_deriv(A[layer])", "A[layer]", "", "A[layer - 1]", "self.W[layer]"),
            Layer((1, 2), grad="self.W[layer] += -self.alpha * A[layer].T.dot(D[layer])",
                  product="A[layer].T.dot(D[layer])", inputs="A[layer]", d="D[layer]", own="self.W[layer]",
                  update="self.W[layer] += -self.alpha * A[layer].T.dot(D[layer])"),
        ),
        edit=(
            Edit("shared_arrays", (1, 2), "    def __init__(self, layers, alpha=0.5):\n"
                 "        # store the architecture and learning rate; bias trick in every layer but the last\n        self.W = []\n",
                 "    W = []\n\n    def __init__(self, layers, alpha=0.5):\n"
                 "        # store the architecture and learning rate; bias trick in every layer but the last\n"),
            Edit("step_skipped", (), "                self.fit_partial(x, target)\n            if epoch == 0 or (epoch + 1) % displayUpdate == 0:\n",
                 "                pass\n            if epoch == 0 or (epoch + 1) % displayUpdate == 0:\n                self.fit_partial(x, target)\n"),
            Edit("last_row_only", (1, 2), "                self.fit_partial(x, target)\n            if",
                 "                pass\n            self.fit_partial(x, target)\n            if"),
        ),
    ),
    Program(
        "layer_objects", "object", "full", (1, 5, 5, 1), ("tanh",) * 3, "squared", "separate",
        tuple(f"net.layers[{k}].{name}" for k in range(3) for name in ("weights", "bias")), "net.predict(X)",
        factor=2 / 9, rate=0.2, step="net.train_on_batch(X, y, 0.2)", build="build()", data="sine",
        rate_name="learning_rate", n="len(y)", difference="grad = 2 * (out - y) / len(y)", residual="(out - y)",
        mean="np.mean({}, axis=0, keepdims=True)",
        layer=(
            Layer((1, 2, 3), "delta = gradient * (1 - self.output ** 2)", "gradient", "(1 - self.output ** 2)",
                  "self.output", "self.sum", "", "", "self.weights -= learning_rate * np.dot(self.inputs.T, delta)",
                  "np.dot(self.inputs.T, delta)", "self.inputs", "", "delta", "self.weights",
                  "self.weights -= learning_rate * np.dot(self.inputs.T, delta)",
                  "self.bias -= learning_rate * np.sum(delta, axis=0, keepdims=True)",
                  "np.sum(delta, axis=0, keepdims=True)",
                  "self.bias -= learning_rate * np.sum(delta, axis=0, keepdims=True)", "tanh"),
        ),
        edit=(
            Edit("weights_after_update", (1, 2), "        to_previous = np.dot(delta, self.weights.T)\n"
                 "        self.weights -= learning_rate * np.dot(self.inputs.T, delta)\n",
                 "        self.weights -= learning_rate * np.dot(self.inputs.T, delta)\n"
                 "        to_previous = np.dot(delta, self.weights.T)\n"),
            Edit("derivative_of_activation", (1, 2, 3), "(1 - self.output ** 2)", "(1 - np.tanh(self.output) ** 2)"),
            Edit("sign_alternating", (1, 3), "delta = gradient * (1 - self.output ** 2)",
                 "delta = -gradient * (1 - self.output ** 2)"),
        ),
    ),
    Program(
        "dense_activation_layers", "functions", "sample", (2, 3, 1), ("tanh", "tanh"), "squared", "separate",
        tuple(f"network[{k}].{name}" for k in (0, 2) for name in ("weights", "bias")),
        "[predict(network, x) for x in X]", factor=2, rate=0.1,
        step="for x, t in zip(X, Y): train_one(network, x, t)", X="X.reshape(-1, 2)", y="Y.reshape(-1, 1)",
        orientation="out,in", rate_name="learning_rate", rows="columns",
        difference="return 2 * (y_pred - y_true) / np.size(y_true)", residual="(y_pred - y_true)",
        helper=(Helper("return 1 - np.tanh(x) ** 2", "x", "z", of="tanh", f="np.tanh", layers=(1, 2)),),
        layer=(
            Layer((1, 2), "return np.multiply(output_gradient, self.f_prime(self.input))", "output_gradient",
                  "self.f_prime(self.input)", "self.f(self.input)", "self.input", "", "",
                  "weights_gradient = np.dot(output_gradient, self.input.T)", "np.dot(output_gradient, self.input.T)",
                  "self.input", "", "output_gradient", "self.weights",
                  "self.weights -= learning_rate * weights_gradient", "self.bias -= learning_rate * output_gradient",
                  "output_gradient", "self.bias -= learning_rate * output_gradient", "tanh"),
        ),
        edit=(
            Edit("weights_after_update", (1,), "        input_gradient = np.dot(self.weights.T, output_gradient)\n"
                 "        self.weights -= learning_rate * weights_gradient\n",
                 "        self.weights -= learning_rate * weights_gradient\n"
                 "        input_gradient = np.dot(self.weights.T, output_gradient)\n"),
            Edit("derivative_missing", (1, 2), "        return np.multiply(output_gradient, self.f_prime(self.input))",
                 "        return output_gradient"),
            Edit("sign_reversed", (1, 2), "grad = mse_prime(y, output)", "grad = mse_prime(output, y)"),
            Edit("derivative_of_activation", (1, 2), "        self.input = input\n        return self.f(self.input)",
                 "        self.input = self.f(input)\n        return self.input"),
        ),
    ),
    Program(
        "four_hidden", "object", "full", (1, 4, 4, 4, 4, 1), ("tanh",) * 5, "squared", "separate",
        tuple(f"net.{name}[{k}]" for k in range(5) for name in ("Ws", "bs")), "net.forward(X)", factor=1, rate=0.02,
        step="net.backprop_step(X, y)", build="DeepNet([1, 4, 4, 4, 4, 1])", data="sine", rate_name="eps",
        n="self.dims[0]", difference="g = self.hs[-1] - y", residual="self.hs[-1] - y", mean="{}.mean(axis=0)",
        layer=(
            Layer((1, 2, 3, 4, 5), "g = g * (1 - np.tanh(self.ss[k]) ** 2)", "g", "(1 - np.tanh(self.ss[k]) ** 2)",
                  "self.hs[k + 1]", "self.ss[k]", "self.hs[k]", "", "gW.insert(0, self.hs[k].T.dot(g))",
                  "self.hs[k].T.dot(g)", "self.hs[k]", "", "g", "self.Ws[k]", "self.Ws[k] -= eps * gW[k]",
                  "gb.insert(0, g.sum(axis=0))", "g.sum(axis=0)", "self.bs[k] -= eps * gb[k]", "tanh"),
        ),
        edit=(
            Edit("layers_out_of_order", (2, 4), "            self.Ws[k] -= eps * gW[k]",
                 "            self.Ws[k] -= eps * (gW[k] if k in (0, 4) else gW[4 - k])"),
            Edit("transposed_weights", (1, 2, 3), "g = g.dot(self.Ws[k].T)",
                 "g = g.dot(self.Ws[k] if 0 < k < 4 else self.Ws[k].T)"),
            Edit("sign_alternating", (1, 3, 5), "g = g * (1 - np.tanh(self.ss[k]) ** 2)",
                 "g = -g * (1 - np.tanh(self.ss[k]) ** 2)"),
            Edit("shared_arrays", (2, 3, 4), "        self.bs = [np.zeros(o) for o in dims[1:]]",
                 "        self.Ws[2] = self.Ws[3] = self.Ws[1]\n        self.bs = [np.zeros(o) for o in dims[1:]]"),
            Edit("shared_arrays", (1, 2, 3, 4), "self.bs = [np.zeros(o) for o in dims[1:]]",
                 "self.bs = [np.zeros(dims[1])] * 4 + [np.zeros(dims[-1])]"),
            Edit("pre_activation_for_activation", (2, 3, 4, 5), "gW.insert(0, self.hs[k].T.dot(g))",
                 "gW.insert(0, (self.ss[k - 1] if k else self.hs[0]).T.dot(g))"),
            Edit("wrong_layer_weights", (1, 2), "g = g.dot(self.Ws[k].T)",
                 "g = g.dot(self.Ws[k + 1 if k in (1, 2) else k].T)"),
        ),
    ),
    Program(
        "class_with_lists_momentum", "object", "full", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "last column",
        ("net.w[0]", "net.w[1]"), "net.activate(X)", factor=1, rate=0.1, step="net.learn(X, y)", build="Net(2, 3, 1)",
        data="two1", many="for i in range(3000): net.learn(X, y)", rate_name="self.eta", n="len(x)", difference="d = (t - y) * y * (1 - y)",
        residual="(t - y)", shown="(t - y)",
        layer=(
            Layer((2,), "d = (t - y) * y * (1 - y)", "(t - y)", "y * (1 - y)", "y"),
            Layer((1,), "d = (d @ self.w[k][:-1].T) * h * (1 - h)", "(d @ self.w[k][:-1].T)", "h * (1 - h)", "h", "",
                  "self.o[k - 1]", "self.w[k][:-1]"),
            Layer((1, 2), grad="new.append(self.o[k].T @ d)", product="self.o[k].T @ d", inputs="self.o[k]", d="d",
                  own="self.w[k]", update="self.w[k] = self.w[k] + change"),
        ),
        edit=(
            Edit("bias_propagated", (1,), "self.w[k][:-1].T", "self.w[k][1:].T"),
            Edit("momentum_sign", (1, 2), "self.eta * new[k] + self", "self.eta * new[k] - self"),
            Edit("rate_twice", (1, 2), "change = self.eta * new[k] +", "change = self.eta * self.eta * new[k] +"),
            Edit("rate_divided", (1, 2), "change = self.eta * new[k] +", "change = 1 / self.eta * new[k] +"),
            Edit("output_error_for_hidden", (1,), "(d @ self.w[k][:-1].T)", "(y @ self.w[k][:-1].T)"),
            Edit("shared_arrays", (1, 2), "        self.dw_old = [np.zeros_like(w) for w in self.w]",
                 "        self.dw_old = self.w"),
        ),
    ),
)
