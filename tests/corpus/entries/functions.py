"""Functions with global weights."""

from ..entry import Edit, Helper, Layer, Program

PROGRAMS = (
    Program(
        "so_columns", "functions", "sample", (2, 2, 1), ("sigmoid", "sigmoid"), "squared", "none", ("w_0", "w_1"),
        "[predict(x) for x in samples]", factor=1, rate=0.5, X="samples", y="labels",
        step="for s, l in zip(samples, labels): network(s, l, w_0, w_1)", orientation="out,in", rows="columns",
        f="sigmoid", difference="output_error = y.reshape((-1, 1)) - output", residual="y.reshape((-1, 1)) - output",
        shown="output_error", helper=(Helper("return y * (1.0 - y)", "y", "a", f="sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "output_delta = output_error * sigmoid_prime(output)", "output_error", "sigmoid_prime(output)",
                  "output", "(w_1 @ hidden)", "hidden", "", "w_1 += lr * np.dot(output_delta, hidden.T)",
                  "np.dot(output_delta, hidden.T)", "hidden", "(w_0 @ inp)", "output_delta", "w_1",
                  "w_1 += lr * np.dot(output_delta, hidden.T)"),
            Layer((1,), "hidden_delta = hidden_error * sigmoid_prime(hidden)",
                  "hidden_error = np.dot(w_1.T, output_delta)", "sigmoid_prime(hidden)", "hidden", "(w_0 @ inp)",
                  "inp", "w_1", "w_0 += lr * np.dot(hidden_delta, inp.T)", "np.dot(hidden_delta, inp.T)", "inp", "",
                  "hidden_delta", "w_0", "w_0 += lr * np.dot(hidden_delta, inp.T)"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "hidden_delta = hidden_error *", "hidden_delta = output_error *"),
            Edit("output_error_for_hidden", (1,), "np.dot(w_1.T, output_delta)", "np.dot(w_1.T, output_error)"),
            Edit("shared_arrays", (1, 2), "w_1 = np.random.normal(size=(1, 2))", "w_1 = w_0[:1]"),
        ),
    ),
    Program(
        "globals_per_sample", "functions", "sample", (3, 4, 2), ("tanh", "tanh"), "squared", "separate",
        ("weights_ih", "bias_h", "weights_ho", "bias_o"), "[activate_net(x) for x in X]", factor=1, rate=0.3,
        step="train(X, y, 1)", data="two", train="train(X, y, 5)", orientation="out,in", rate_name="ALPHA", f="f",
        difference="diff = target - out", residual="target - out", shown="diff",
        helper=(Helper("return 1.0 - np.tanh(u) ** 2", "u", "z", of="tanh", f="f", layers=(1, 2)),),
        layer=tuple(
            Layer((l,), delta, error, f"df(u_{k})", a, f"u_{k}", x, W,
                  f"weights_{w} = weights_{w} + ALPHA * np.outer(delta_{k}, {x})", f"np.outer(delta_{k}, {x})", x,
                  "u_h" if l == 2 else "", f"delta_{k}", f"weights_{w}",
                  f"weights_{w} = weights_{w} + ALPHA * np.outer(delta_{k}, {x})",
                  f"bias_{k} = bias_{k} + ALPHA * delta_{k}", f"delta_{k}", f"bias_{k} = bias_{k} + ALPHA * delta_{k}")
            for l, k, w, delta, error, a, x, W in (
                (2, "o", "ho", "delta_o = diff * df(u_o)", "diff", "out", "hidden", ""),
                (1, "h", "ih", "delta_h = (weights_ho.T @ delta_o) * df(u_h)", "(weights_ho.T @ delta_o)", "hidden",
                 "sample", "weights_ho"),
            )
        ),
        edit=(
            Edit("update_lost", (1,), "    global weights_ih, bias_h, weights_ho, bias_o\n    u_h = weights_ih @ sample + bias_h\n",
                 "    global weights_ho, bias_o\n    weights_ih, bias_h = globals()['weights_ih'], globals()['bias_h']\n    u_h = weights_ih @ sample + bias_h\n"),
            Edit("step_skipped", (), "errors.append(sum(train_sample(s, t) for s, t in zip(samples, targets)))",
                 "errors.append(sum(train_sample(s, t) for s, t in zip(samples[i:i + 1], targets[i:i + 1])))"),
        ),
    ),
    Program(
        "neuron_layer_think", "object", "full", (3, 4, 1), ("sigmoid", "sigmoid"), "squared", "none",
        ("net.layer1.synaptic_weights", "net.layer2.synaptic_weights"), "net.think(training_set_inputs)[1]",
        factor=1, rate=1, build="neural_network", X="training_set_inputs", y="training_set_outputs",
        step="net.train(training_set_inputs, training_set_outputs, 1)",
        train="net.train(training_set_inputs, training_set_outputs, 5)", f="self.__sigmoid", absolute="abs",
        n="len(training_set_inputs)",
        difference="layer2_error = training_set_outputs - output_from_layer_2",
        residual="training_set_outputs - output_from_layer_2", shown="layer2_error",
        helper=(Helper("return x * (1 - x)", "x", "a", f="self.__sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "layer2_delta = layer2_error * self.__sigmoid_derivative(output_from_layer_2)", "layer2_error",
                  "self.__sigmoid_derivative(output_from_layer_2)", "output_from_layer_2", "", "output_from_layer_1",
                  "", "layer2_adjustment = output_from_layer_1.T.dot(layer2_delta)",
                  "output_from_layer_1.T.dot(layer2_delta)", "output_from_layer_1", "", "layer2_delta",
                  "self.layer2.synaptic_weights", "self.layer2.synaptic_weights += layer2_adjustment"),
            Layer((1,), "layer1_delta = layer1_error * self.__sigmoid_derivative(output_from_layer_1)",
                  "layer1_error = layer2_delta.dot(self.layer2.synaptic_weights.T)",
                  "self.__sigmoid_derivative(output_from_layer_1)", "output_from_layer_1", "", "training_set_inputs",
                  "self.layer2.synaptic_weights", "layer1_adjustment = training_set_inputs.T.dot(layer1_delta)",
                  "training_set_inputs.T.dot(layer1_delta)", "training_set_inputs", "", "layer1_delta",
                  "self.layer1.synaptic_weights", "self.layer1.synaptic_weights += layer1_adjustment"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "layer2_delta.dot(self", "layer2_error.dot(self"),
            Edit("step_skipped", (), "            self.layer1.synaptic_weights += layer1_adjustment\n            self.layer2.synaptic_weights += layer2_adjustment\n",
                 "        self.layer1.synaptic_weights += layer1_adjustment\n        self.layer2.synaptic_weights += layer2_adjustment\n"),
            Edit("stale_activations", (1, 2), "        for iteration in range(number_of_training_iterations):\n            output_from_layer_1, output_from_layer_2 = self.think(training_set_inputs)\n",
                 "        output_from_layer_1, output_from_layer_2 = self.think(training_set_inputs)\n        for iteration in range(number_of_training_iterations):\n"),
        ),
    ),
    Program(
        "deep_functions_relu", "functions", "full", (3, 5, 5, 4, 1), ("relu", "relu", "relu", "linear"), "squared",
        "separate", tuple(f"{kind}[{k}]" for k in range(4) for kind in ("weights", "biases")), "predict(X)",
        factor=0.2, rate=0.05, step="train_step(X, y)", data="sum", mean="{}.mean(axis=0)",
        difference="grad = 2 * (layers[-1] - y) / x.shape[0]", residual="(layers[-1] - y)",
        layer=(
            Layer((1, 2, 3), "grad = grad * (layers[k] > 0)", "grad = grad @ weights[k].T", "(layers[k] > 0)",
                  "layers[k]", "", "layers[k - 1]", "weights[k]"),
            Layer((1, 2, 3, 4), grad="grad_w = layers[k].T @ grad", product="layers[k].T @ grad", inputs="layers[k]",
                  d="grad", own="weights[k]", update="weights[k] = weights[k] - lr * grad_w",
                  bias="grad_b = grad.sum(axis=0)", total="grad.sum(axis=0)",
                  bias_update="biases[k] = biases[k] - lr * grad_b"),
        ),
        edit=(
            Edit("wrong_scale_by_features", (1, 2, 3, 4), "/ x.shape[0]", "/ x.shape[1]"),
            Edit("weights_after_update", (1, 2, 3), "        if k > 0:\n            grad = grad @ weights[k].T\n            grad = grad * (layers[k] > 0)\n        weights[k] = weights[k] - lr * grad_w\n        biases[k] = biases[k] - lr * grad_b\n",
                 "        weights[k] = weights[k] - lr * grad_w\n        biases[k] = biases[k] - lr * grad_b\n        if k > 0:\n            grad = grad @ weights[k].T\n            grad = grad * (layers[k] > 0)\n"),
            Edit("transposed_weights", (1,), "grad = grad @ weights[k].T", "grad = grad @ (weights[k] if k == 1 else weights[k].T)"),
            Edit("derivative_of_wrong_function", (1, 2, 3), "(layers[k] > 0)", "(layers[k] * (1 - layers[k]))"),
        ),
    ),
)
