"""Programs without NumPy: numbers, lists of lists and objects for neurons."""

from ..entry import Edit, Helper, Layer, Program

INT = "int({})"


def _p(*truth, **other) -> Program:
    return Program(*truth, absolute="abs", integer=INT, orientation="out,in", **other)


_SIX = tuple(f"net.{name}" for name in ("w1", "w2", "w3", "w4", "b1", "b2", "w5", "w6", "b3"))

PROGRAMS = (
    _p(
        "neuron_objects", "object", "sample", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        tuple(f"net.{layer}.neurons[{k}].{part}" for layer, units in (("hidden", 3), ("out", 1)) for k in range(units)
              for part in ("weights", "bias")),
        "[net.feed_forward(x) for x in X]", factor=1, rate=0.5, step="for x, t in zip(X, y): net.train(x, t)",
        build="NeuralNetwork(2, 3, 1)", data="wave2", rate_name="self.learning_rate", difference="err = t - n.output",
        residual="t - n.output", shown="err",
        layer=(
            Layer((2,), "n.delta = err * n.output * (1 - n.output)", "err", "n.output * (1 - n.output)", "n.output",
                  "n.total", "", "", "o.weights[i] += self.learning_rate * o.delta * h.output", "o.delta * h.output",
                  "h.output", "h.total", "o.delta", "o.weights[i]",
                  "o.weights[i] += self.learning_rate * o.delta * h.output",
                  bias_update="o.bias += self.learning_rate * o.delta"),
            Layer((1,), "n.delta = back * n.output * (1 - n.output)",
                  "back = sum(o.delta * o.weights[i] for o in self.out.neurons)", "n.output * (1 - n.output)",
                  "n.output", "n.total", "", "", "n.weights[i] += self.learning_rate * n.delta * x",
                  "n.delta * x", "x", "", "n.delta", "n.weights[i]",
                  "n.weights[i] += self.learning_rate * n.delta * x",
                  bias_update="n.bias += self.learning_rate * n.delta"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "sum(o.delta * o.weights[i] for", "sum(o.output * o.weights[i] for"),
            Edit("output_error_for_hidden", (1,), "back = sum(o.delta * o.weights[i] for o in self.out.neurons)",
                 "back = err"),
            Edit("wrong_layer_weights", (1,), "o.delta * o.weights[i] for", "o.delta * n.weights[0] for"),
            Edit("bias_wrong_sum", (1,), "n.delta * x\n            n.bias += self.learning_rate * n.delta\n",
                 "n.delta * x\n                n.bias += self.learning_rate * n.delta\n"),
            Edit("bias_wrong_sum", (2,), "h.output\n            o.bias += self.learning_rate * o.delta\n",
                 "h.output\n                o.bias += self.learning_rate * o.delta\n"),
            Edit("shared_arrays", (1,), "self.neurons = [Neuron(n_inputs) for _ in range(n_neurons)]",
                 "self.neurons = [Neuron(n_inputs)] * n_neurons"),
            Edit("data_changed", (), "            err = t - n.output\n", "            err = t - n.output\n            targets[0] = err\n"),
            Edit("weights_after_update", (1,), """        for i, n in enumerate(self.hidden.neurons):
            back = sum(o.delta * o.weights[i] for o in self.out.neurons)
            n.delta = back * n.output * (1 - n.output)
        for o in self.out.neurons:
            for i, h in enumerate(self.hidden.neurons):
                o.weights[i] += self.learning_rate * o.delta * h.output
            o.bias += self.learning_rate * o.delta
        for n""", """        for o in self.out.neurons:
            for i, h in enumerate(self.hidden.neurons):
                o.weights[i] += self.learning_rate * o.delta * h.output
            o.bias += self.learning_rate * o.delta
        for i, n in enumerate(self.hidden.neurons):
            back = sum(o.delta * o.weights[i] for o in self.out.neurons)
            n.delta = back * n.output * (1 - n.output)
        for n"""),
        ),
    ),
    _p(
        "dict_neurons", "functions", "sample", (2, 2, 2), ("sigmoid", "sigmoid"), "squared", "last column",
        tuple(f"network[{l}][{k}]['weights']" for l in (0, 1) for k in (0, 1)),
        "[forward_propagate(network, row) for row in dataset]", factor=1, rate=0.5,
        step="train_network(network, dataset, labels, 0.5, 1)", train="train_network(network, dataset, labels, 0.5, 5)",
        X="dataset", y="labels", rate_name="l_rate", difference="errors.append(neuron['output'] - expected[j])",
        residual="neuron['output'] - expected[j]",
        helper=(Helper("return output * (1.0 - output)", "output", "a", f="transfer", layers=(1, 2)),),
        layer=(
            Layer((1, 2), "neuron['delta'] = errors[j] * transfer_derivative(neuron['output'])", "errors[j]",
                  "transfer_derivative(neuron['output'])", "neuron['output']", "", "", "",
                  "neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]", "neuron['delta'] * inputs[j]",
                  "inputs[j]", "", "neuron['delta']", "neuron['weights'][j]",
                  "neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]",
                  bias_update="neuron['weights'][-1] -= l_rate * neuron['delta']", activation="sigmoid"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "(neuron['weights'][j] * neuron['delta'])",
                 "(neuron['weights'][j] * neuron['output'])"),
            Edit("bias_propagated", (1,), "(neuron['weights'][j] * neuron['delta'])",
                 "(neuron['weights'][j - 1] * neuron['delta'])"),
            Edit("transposed_weights", (1,), "                for neuron in network[i + 1]:\n                    error += (neuron['weights'][j] * neuron['delta'])",
                 "                for k, neuron in enumerate(network[i + 1]):\n                    error += (network[i + 1][j]['weights'][k] * neuron['delta'])"),
            Edit("wrong_layer_weights", (1,), "                for neuron in network[i + 1]:\n                    error += (neuron['weights'][j] *",
                 "                for k, neuron in enumerate(network[i + 1]):\n                    error += (network[i][k]['weights'][j] *"),
            Edit("stale_activations", (1, 2), "            forward_propagate(network, row)\n            backward_propagate_error(network, expected)\n            update_weights(network, row, l_rate)",
                 "            'output' in network[0][0] or forward_propagate(network, row)\n            backward_propagate_error(network, expected)\n            update_weights(network, row, l_rate)"),
            Edit("last_row_only", (1, 2), "            backward_propagate_error(network, expected)\n            update_weights(network, row, l_rate)\n",
                 "            backward_propagate_error(network, expected)\n        update_weights(network, row, l_rate)\n"),
            Edit("bias_wrong_sum", (1, 2), "            neuron['weights'][-1] -= l_rate * neuron['delta']",
                 "                neuron['weights'][-1] -= l_rate * neuron['delta']"),
            Edit("update_lost", (1, 2), "                neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]\n            neuron['weights'][-1] -= l_rate * neuron['delta']",
                 "                w = neuron['weights'][j] - l_rate * neuron['delta'] * inputs[j]\n            b = neuron['weights'][-1] - l_rate * neuron['delta']"),
            Edit("shared_arrays", (1,), "    hidden_layer = [{'weights': [random() - 0.5 for i in range(n_inputs + 1)]} for i in range(n_hidden)]",
                 "    hidden_layer = [{'weights': [random() - 0.5 for i in range(n_inputs + 1)]}] * n_hidden"),
        ),
    ),
    _p(
        "list_matrices", "object", "sample", (3, 2, 1), ("tanh", "tanh"), "squared", "input column",
        ("net.wi", "net.wo"), "[net.update(x) for x in X]", factor=1, rate=0.3,
        step="for x, t in zip(X, y): net.train([(x, t)], 1)", build="NN(2, 2, 1)", data="wave2",
        train="net.train(list(zip(X, y)), 5)", rate_name="N", difference="error = targets[k] - self.ao[k]",
        residual="targets[k] - self.ao[k]", shown="(targets[0] - self.ao[0])",
        layer=(
            Layer((2,), "output_deltas[k] = error * (1.0 - self.ao[k] ** 2)", "error", "(1.0 - self.ao[k] ** 2)",
                  "self.ao[k]", "", "", "",
                  "self.wo[j][k] = self.wo[j][k] + N * output_deltas[k] * self.ah[j]", "output_deltas[k] * self.ah[j]",
                  "self.ah[j]", "", "output_deltas[k]", "self.wo[j][k]",
                  "self.wo[j][k] = self.wo[j][k] + N * output_deltas[k] * self.ah[j]"),
            Layer((1,), "hidden_deltas[j] = error * (1.0 - self.ah[j] ** 2)",
                  "error = error + output_deltas[k] * self.wo[j][k]", "(1.0 - self.ah[j] ** 2)", "self.ah[j]", "",
                  "", "self.wo[j][k]", "self.wi[i][j] = self.wi[i][j] + N * hidden_deltas[j] * self.ai[i]",
                  "hidden_deltas[j] * self.ai[i]", "self.ai[i]", "", "hidden_deltas[j]", "self.wi[i][j]",
                  "self.wi[i][j] = self.wi[i][j] + N * hidden_deltas[j] * self.ai[i]"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "error + output_deltas[k] * self.wo[j][k]",
                 "error + self.ao[k] * self.wo[j][k]"),
            Edit("stale_activations", (1, 2), "                self.update(p[0])\n                error = error + self.backPropagate(p[1], N)\n",
                 "                error = error + self.backPropagate(p[1], N)\n                self.update(p[0])\n"),
            Edit("shared_arrays", (1, 2), "    return [[rand(-0.8, 0.8) for _ in range(cols)] for _ in range(rows)]",
                 "    return [[rand(-0.8, 0.8) for _ in range(cols)]] * rows"),
        ),
    ),
    _p(
        "scalar_chain", "functions", "sample", (1, 1, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        ("w1", "b1", "w2", "b2"), "[feedforward(x) for x in xs]", factor=1, rate=0.5,
        step="for x, t in zip(xs, ys): learn(x, t)", X="xs", y="ys", f="sigmoid", difference="e = o - target",
        residual="o - target", shown="e", many="for i in range(3000):\n    for x, t in zip(xs, ys): learn(x, t)",
        layer=(
            Layer((2,), "d2 = e * o * (1 - o)", "e", "o * (1 - o)", "o", "(w2 * h + b2)", "h", "",
                  "w2 -= lr * d2 * h", "d2 * h", "h", "(w1 * x + b1)", "d2", "w2", "w2 -= lr * d2 * h",
                  bias_update="b2 -= lr * d2"),
            Layer((1,), "d1 = d2 * w2 * h * (1 - h)", "d2 * w2", "h * (1 - h)", "h", "(w1 * x + b1)", "x", "w2",
                  "w1 -= lr * d1 * x", "d1 * x", "x", "", "d1", "w1", "w1 -= lr * d1 * x",
                  bias_update="b1 -= lr * d1"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "d1 = d2 * w2 *", "d1 = o * w2 *"),
            Edit("update_lost", (1, 2), "    global w1, b1, w2, b2\n    h = sigmoid(w1 * x + b1)\n",
                 "    w1, b1, w2, b2 = globals()['w1'], globals()['b1'], globals()['w2'], globals()['b2']\n    h = sigmoid(w1 * x + b1)\n"),
        ),
    ),
    _p(
        "six_weights", "object", "sample", (2, 2, 1), ("sigmoid", "sigmoid"), "squared", "separate", _SIX,
        "[net.feedforward(x) for x in data]", factor=2, rate=0.2, build="network", X="data", y="all_y_trues",
        step="for x, t in zip(data, all_y_trues): net.train_sample(x, t)", train="net.train(data, all_y_trues, 5)",
        rate_name="learn_rate", difference="d_L_d_ypred = -2 * (y_true - o1)", residual="(y_true - o1)",
        shown="d_L_d_ypred", helper=(Helper("return fx * (1 - fx)", "x", "z", f="sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "d_o = d_L_d_ypred * deriv_sigmoid(sum_o1)", "d_L_d_ypred", "deriv_sigmoid(sum_o1)", "o1",
                  "sum_o1"),
        ),
        edit=(
            Edit("derivative_of_activation", (1,), "        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_h1)\n        d_h2 = d_o * self.w6 * deriv_sigmoid(sum_h2)",
                 "        d_h1 = d_o * self.w5 * deriv_sigmoid(h1)\n        d_h2 = d_o * self.w6 * deriv_sigmoid(h2)"),
            Edit("derivative_missing", (1,), "        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_h1)\n        d_h2 = d_o * self.w6 * deriv_sigmoid(sum_h2)",
                 "        d_h1 = d_o * self.w5\n        d_h2 = d_o * self.w6"),
            Edit("derivative_of_wrong_layer", (1,), "        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_h1)\n        d_h2 = d_o * self.w6 * deriv_sigmoid(sum_h2)",
                 "        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_o1)\n        d_h2 = d_o * self.w6 * deriv_sigmoid(sum_o1)"),
            Edit("output_error_for_hidden", (1,), "        d_h1 = d_o * self.w5 * deriv_sigmoid(sum_h1)\n        d_h2 = d_o * self.w6 *",
                 "        d_h1 = d_L_d_ypred * self.w5 * deriv_sigmoid(sum_h1)\n        d_h2 = d_L_d_ypred * self.w6 *"),
            Edit("bias_not_updated", (2,), "        self.b3 -= learn_rate * d_o", "        # self.b3 -= learn_rate * d_o"),
            Edit("bias_not_updated", (1,), "        self.w2 -= learn_rate * d_h1 * x[1]\n        self.b1 -= learn_rate * d_h1\n        self.w3 -= learn_rate * d_h2 * x[0]\n        self.w4 -= learn_rate * d_h2 * x[1]\n        self.b2 -= learn_rate * d_h2\n",
                 "        self.w2 -= learn_rate * d_h1 * x[1]\n        # self.b1 -= learn_rate * d_h1\n        self.w3 -= learn_rate * d_h2 * x[0]\n        self.w4 -= learn_rate * d_h2 * x[1]\n        # self.b2 -= learn_rate * d_h2\n"),
            Edit("pre_activation_for_activation", (2,), "        self.w5 -= learn_rate * d_o * h1\n        self.w6 -= learn_rate * d_o * h2",
                 "        self.w5 -= learn_rate * d_o * sum_h1\n        self.w6 -= learn_rate * d_o * sum_h2"),
            Edit("weight_for_input", (2,), "        self.w5 -= learn_rate * d_o * h1\n        self.w6 -= learn_rate * d_o * h2",
                 "        self.w5 -= learn_rate * d_o * self.w5\n        self.w6 -= learn_rate * d_o * self.w6"),
            Edit("sign_reversed", (2,), "        self.w5 -= learn_rate * d_o * h1\n        self.w6 -= learn_rate * d_o * h2\n        self.b3 -=",
                 "        self.w5 += learn_rate * d_o * h1\n        self.w6 += learn_rate * d_o * h2\n        self.b3 +="),
            Edit("sign_reversed", (1, 2), "d_L_d_ypred = -2 * (y_true - o1)", "d_L_d_ypred = 2 * (y_true - o1)"),
            Edit("step_skipped", (), "            for x, y_true in zip(data, all_y_trues):\n                self.train_sample(x, y_true)",
                 "            for x, y_true in zip(data, all_y_trues):\n                if epoch % 10 == 0:\n                    self.train_sample(x, y_true)"),
        ),
    ),
    _p(
        "plain_lists_batch", "functions", "full", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        ("W", "B", "V", "C"), "[forward(x)[1] for x in X]", factor=1, rate=1.0, step="gradient_step(1.0)", y="Y",
        rate_name="rate", f="sig", difference="do = (o - y) * o * (1 - o)", residual="(o - y)", shown="(o - y)",
        many="for i in range(2500): gradient_step(1.0)", n="len(X)",
        layer=(
            Layer((2,), "do = (o - y) * o * (1 - o)", "(o - y)", "o * (1 - o)", "o", "", "", "",
                  "gV[j] += do * h[j]", "do * h[j]", "h[j]", "", "", "V[j]", "V[j] -= rate * gV[j]",
                  bias_update="C[0] -= rate * gC"),
            Layer((1,), "dh = do * V[j] * h[j] * (1 - h[j])", "do * V[j]", "h[j] * (1 - h[j])", "h[j]", "", "",
                  "V[j]", "gW[j][i] += dh * x[i]", "dh * x[i]", "x[i]", "", "", "W[j][i]",
                  "W[j][i] -= rate * gW[j][i]", bias_update="B[j] -= rate * gB[j]"),
        ),
        edit=(
            Edit("last_row_only", (2,), "        gC += do\n        for j in range(HIDDEN):\n            gV[j] += do * h[j]\n",
                 "        gC = do\n        for j in range(HIDDEN):\n            gV[j] = do * h[j]\n"),
            Edit("last_row_only", (1,), "            gB[j] += dh\n            for i in range(2):\n                gW[j][i] += dh * x[i]\n",
                 "            gB[j] = dh\n            for i in range(2):\n                gW[j][i] = dh * x[i]\n"),
            Edit("bias_wrong_sum", (2,), "gC += do", "gC = do"),
            Edit("bias_wrong_sum", (1,), "gB[j] += dh", "gB[j] = dh"),
            Edit("bias_wrong_sum", (1,), "            gB[j] += dh\n", "            gB[0] += dh\n"),
            Edit("shared_arrays", (1,), "    gW = [[0.0, 0.0] for j in range(HIDDEN)]", "    gW = [[0.0, 0.0]] * HIDDEN"),
            Edit("output_error_for_hidden", (1,), "dh = do * V[j] *", "dh = o * V[j] *"),
            Edit("mean_for_sum_in_one_layer", (2,), "    C[0] -= rate * gC\n    for j in range(HIDDEN):\n        V[j] -= rate * gV[j]\n",
                 "    C[0] -= rate * gC / len(X)\n    for j in range(HIDDEN):\n        V[j] -= rate * gV[j] / len(X)\n"),
            Edit("weight_for_input", (2,), "gV[j] += do * h[j]", "gV[j] += do * V[j]"),
            Edit("weight_for_input", (1,), "gW[j][i] += dh * x[i]", "gW[j][i] += dh * W[j][i]"),
        ),
    ),
    _p(
        "flat_plain_lists", "script", "sample", (2, 2, 1), ("tanh", "sigmoid"), "squared", "separate",
        ("wh", "bh", "wo", "bo"),
        "[1 / (1 + math.exp(-(sum(wo[j] * math.tanh(wh[j][0] * x[0] + wh[j][1] * x[1] + bh[j]) for j in (0, 1))"
        " + bo[0]))) for x, _ in data]", factor=1, rate=0.6, X="[x for x, _ in data]", y="[t for _, t in data]",
        loop="range(2000)", steps=2000, one_row=("in data:", "in data[:1]:"), rate_name="rate",
        difference="delta_o = (target - out) * out * (1 - out)", residual="(target - out)", shown="(target - out)",
        layer=(
            Layer((2,), "delta_o = (target - out) * out * (1 - out)", "(target - out)", "out * (1 - out)", "out", "",
                  "", "", "wo[j] += rate * delta_o * h[j]", "delta_o * h[j]", "h[j]", "", "delta_o", "wo[j]",
                  "wo[j] += rate * delta_o * h[j]", bias_update="bo[0] += rate * delta_o"),
            Layer((1,), "delta_h[j] = wo[j] * delta_o * (1 - h[j] * h[j])", "wo[j] * delta_o", "(1 - h[j] * h[j])",
                  "h[j]", "", "", "wo[j]", "wh[j][i] += rate * delta_h[j] * x[i]", "delta_h[j] * x[i]", "x[i]", "",
                  "delta_h[j]", "wh[j][i]", "wh[j][i] += rate * delta_h[j] * x[i]",
                  bias_update="bh[j] += rate * delta_h[j]"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "wo[j] * delta_o * (1 - h", "wo[j] * out * (1 - h"),
            Edit("wrong_layer_weights", (1,), "wo[j] * delta_o * (1 - h", "wh[0][j] * delta_o * (1 - h"),
            Edit("bias_wrong_sum", (1,), "            bh[j] += rate * delta_h[j]\n            for i in range(2):\n",
                 "            for i in range(2):\n                bh[j] += rate * delta_h[j]\n"),
        ),
    ),
)
