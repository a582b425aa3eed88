"""Other losses and outputs: entropies with and without the derivative, softmax with squared error, mini-batches."""

from ..entry import Edit, Layer, Program

PROGRAMS = (
    Program(
        "explicit_entropy", "object", "full", (3, 4, 1), ("sigmoid", "sigmoid"), "cross_entropy", "separate",
        ("net.W1", "net.b1", "net.W2", "net.b2"), "net.forward(X.T)", factor=1, rate=0.3,
        step="net.gradient_descent_step(X.T, y.T)", build="LogisticNet()", data="inside", orientation="out,in",
        rate_name="self.alpha", rows="columns", n="X.shape[1]", f="self.g", mean="{}.mean(axis=1, keepdims=True)",
        shown="dA2",
        layer=tuple(
            Layer((l,), f"dZ{l} = dA{l} * self.A{l} * (1 - self.A{l})", error, f"self.A{l} * (1 - self.A{l})",
                  f"self.A{l}", f"self.Z{l}", x, W, f"self.W{l} -= self.alpha * dZ{l} @ {x}.T", f"dZ{l} @ {x}.T", x,
                  "self.Z1" if l == 2 else "", f"dZ{l}", f"self.W{l}", f"self.W{l} -= self.alpha * dZ{l} @ {x}.T",
                  f"self.b{l} -= self.alpha * dZ{l}.sum(axis=1, keepdims=True)", f"dZ{l}.sum(axis=1, keepdims=True)",
                  f"self.b{l} -= self.alpha * dZ{l}.sum(axis=1, keepdims=True)")
            for l, error, x, W in (
                (2, "dA2", "self.A1", ""), (1, "dA1 = self.W2.T @ dZ2", "X", "self.W2")
            )
        ),
        edit=(
            Edit("sign_reversed", (1, 2), "dA2 = -(Y / self.A2) + (1 - Y) / (1 - self.A2)",
                 "dA2 = (Y / self.A2) - (1 - Y) / (1 - self.A2)"),
            Edit("output_error_for_hidden", (1,), "dA1 = self.W2.T @ dZ2", "dA1 = self.W2.T @ self.A2"),
        ),
    ),
    Program(
        "softmax_squared", "object", "sample", (2, 3, 3), ("tanh", "softmax"), "squared", "separate",
        ("net.Wh", "net.bh", "net.Wo", "net.bo"), "[net.query(x) for x in X]", factor=1, rate=0.5,
        step="for x, t in zip(X, y): net.train(x, t)", build="SoftmaxMSE((2, 3, 3))", data="blobs",
        orientation="out,in", rate_name="self.rate", difference="err = p - t", residual="p - t", shown="err",
        layer=(
            Layer((2,), a="p", grad="self.Wo -= self.rate * np.outer(do, self.h)", product="np.outer(do, self.h)",
                  inputs="self.h", d="do", own="self.Wo", update="self.Wo -= self.rate * np.outer(do, self.h)",
                  bias="self.bo -= self.rate * do", total="do", bias_update="self.bo -= self.rate * do"),
            Layer((1,), "dh = (self.Wo.T @ do) * (1 - self.h ** 2)", "(self.Wo.T @ do)", "(1 - self.h ** 2)", "self.h",
                  "", "x", "self.Wo", "self.Wh -= self.rate * np.outer(dh, x)", "np.outer(dh, x)", "x", "", "dh",
                  "self.Wh", "self.Wh -= self.rate * np.outer(dh, x)", "self.bh -= self.rate * dh", "dh",
                  "self.bh -= self.rate * dh"),
        ),
        edit=(
            Edit("derivative_of_wrong_function", (2,), "        jacobian = np.diag(p) - np.outer(p, p)\n",
                 "        jacobian = np.diag(p * (1 - p))\n"),
            Edit("transposed_weights", (1,), "(self.Wo.T @ do)", "(self.Wo @ do)"),
            Edit("pre_activation_for_activation", (2,), "np.outer(do, self.h)", "np.outer(do, self.Wh @ x + self.bh)"),
        ),
    ),
    Program(
        "minibatch_softmax", "object", "mini", (2, 4, 3), ("relu", "softmax"), "cross_entropy", "separate",
        ("net.w_in", "net.b_in", "net.w_out", "net.b_out"), "net.predict(X)", factor=1 / 12, rate=0.4,
        step="net._step(X, y)", build="Classifier(2, 4, 3)", data="blobs", train="net.fit(X, y, 5)",
        rate_name="self.lr", n="xb.shape[0]", mean="{}.mean(axis=0)", difference="g = (p - yb) / xb.shape[0]",
        residual="(p - yb)", shown="g",
        layer=(
            Layer((2,), "g = (p - yb) / xb.shape[0]", "(p - yb)", "", "p", "", "a1", "",
                  "self.w_out -= self.lr * a1.T @ g", "a1.T @ g", "a1", "z1", "g", "self.w_out",
                  "self.w_out -= self.lr * a1.T @ g", "self.b_out -= self.lr * g.sum(axis=0)", "g.sum(axis=0)",
                  "self.b_out -= self.lr * g.sum(axis=0)"),
            Layer((1,), "gh = back * (z1 > 0)", "back = g @ self.w_out.T", "(z1 > 0)", "a1", "z1", "xb", "self.w_out",
                  "self.w_in -= self.lr * xb.T @ gh", "xb.T @ gh", "xb", "", "gh", "self.w_in",
                  "self.w_in -= self.lr * xb.T @ gh", "self.b_in -= self.lr * gh.sum(axis=0)", "gh.sum(axis=0)",
                  "self.b_in -= self.lr * gh.sum(axis=0)"),
        ),
        edit=(
            Edit("softmax_axis", (1, 2), "z / z.sum(axis=1, keepdims=True)", "z / z.sum(axis=0, keepdims=True)"),
            Edit("step_skipped", (), "                rows = idx[start:start + self.batch_size]\n                self._step(X[rows], y[rows])\n",
                 "                rows = idx[start:start + self.batch_size]\n            if epoch % 2 == 0:\n                self._step(X[rows], y[rows])\n"),
        ),
    ),
    Program(
        "accumulate_rows", "object", "full", (3, 3, 2), ("sigmoid", "sigmoid"), "squared", "separate",
        ("net.U", "net.bu", "net.V", "net.bv"), "[net.output(x) for x in X]", factor=1, rate=0.8,
        step="net.epoch(X, y)", build="Net(3, 3, 2)", data="two", orientation="out,in", rate_name="rate",
        f="self.squash", difference="e = o - y", residual="o - y", shown="e", n="len(X)",
        layer=(
            Layer((2,), "go = e * o * (1 - o)", "e", "o * (1 - o)", "o", "(self.V @ h + self.bv)", "h", "",
                  "dV += np.outer(go, h)", "np.outer(go, h)", "h", "(self.U @ x + self.bu)", "", "self.V",
                  "self.V -= rate * dV", bias_update="self.bv -= rate * dbv"),
            Layer((1,), "gh = back * h * (1 - h)", "back = self.V.T @ go", "h * (1 - h)", "h",
                  "(self.U @ x + self.bu)", "x", "self.V", "dU += np.outer(gh, x)", "np.outer(gh, x)", "x", "", "",
                  "self.U", "self.U -= rate * dU", bias_update="self.bu -= rate * dbu"),
        ),
        edit=(
            Edit("last_row_only", (2,), "            dV += np.outer(go, h)\n            dbv += go\n",
                 "            dV = np.outer(go, h)\n            dbv = go\n"),
            Edit("last_row_only", (1,), "            dU += np.outer(gh, x)\n            dbu += gh\n",
                 "            dU = np.outer(gh, x)\n            dbu = gh\n"),
            Edit("last_row_only", (1, 2), "            dV += np.outer(go, h)\n            dbv += go\n            dU += np.outer(gh, x)\n            dbu += gh\n",
                 "        dV += np.outer(go, h)\n        dbv += go\n        dU += np.outer(gh, x)\n        dbu += gh\n"),
            Edit("bias_wrong_sum", (2,), "dbv += go", "dbv = go"),
            Edit("bias_wrong_sum", (1,), "dbu += gh", "dbu = gh"),
            Edit("bias_wrong_sum", (1,), "dbu += gh", "dbu += gh.sum()"),
            Edit("mean_for_sum_in_one_layer", (2,), "        self.V -= rate * dV\n        self.bv -= rate * dbv",
                 "        self.V -= rate * dV / len(X)\n        self.bv -= rate * dbv / len(X)"),
            Edit("mean_for_sum_in_one_layer", (1,), "        self.U -= rate * dU\n        self.bu -= rate * dbu",
                 "        self.U -= rate * dU / len(X)\n        self.bu -= rate * dbu / len(X)"),
            Edit("output_error_for_hidden", (1,), "back = self.V.T @ go", "back = self.V.T @ e"),
            Edit("output_error_for_hidden", (1,), "back = self.V.T @ go", "back = self.V.T @ o"),
        ),
    ),
    Program(
        "perceptron_tanh_sgd", "object", "sample", (3, 3, 1), ("tanh", "tanh"), "squared", "input column",
        ("net.weights[0]", "net.weights[1]"), "[net.propagate_forward(x).copy() for x in X]", factor=1, rate=0.1,
        step="net.train(X, y)", build="MultilayerPerceptron(2, 3, 1)", data="wave2", train="net.train(X, y, 5)",
        rate_name="lrate", difference="error = target - self.layers[-1]", residual="target - self.layers[-1]",
        shown="error",
        layer=(
            Layer((2,), "delta = error * (1.0 - self.layers[-1] ** 2)", "error", "(1.0 - self.layers[-1] ** 2)",
                  "self.layers[-1]", "", "self.layers[-2]"),
            Layer((1,), "delta = np.dot(deltas[0], self.weights[i].T) * (1.0 - self.layers[i] ** 2)",
                  "np.dot(deltas[0], self.weights[i].T)", "(1.0 - self.layers[i] ** 2)", "self.layers[i]", "",
                  "", "self.weights[i]"),
            Layer((1, 2), grad="dw = np.dot(layer.T, delta)", product="np.dot(layer.T, delta)", inputs="layer",
                  d="delta", own="self.weights[i]", update="self.weights[i] += lrate * dw"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "np.dot(deltas[0], self.weights[i].T)", "np.dot(self.layers[-1], self.weights[i].T)"),
            Edit("stale_activations", (1, 2), "                self.propagate_forward(row)\n                self.propagate_backward(t)\n",
                 "                self.propagate_backward(t)\n                self.propagate_forward(row)\n"),
        ),
    ),
)
