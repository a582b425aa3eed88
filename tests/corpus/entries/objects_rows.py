"""Classes that take all rows at once, samples as rows."""

from ..entry import Edit, Helper, Layer, Program

PROGRAMS = (
    Program(
        "xor_class_rows", "object", "full", (2, 4, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        ("net.W1", "net.b1", "net.W2", "net.b2"), "net.forward(X)", factor=1, reports=True, rate=0.5,
        step="net.train_step(X, y)", build="NeuralNetwork(2, 4, 1)", data="xor", train="net.train(X, y, 5)",
        rate_name="self.lr", n="len(X)", f="self.sigmoid", mean="np.mean({}, axis=0, keepdims=True)",
        difference="error = y - output", residual="y - output", shown="error",
        helper=(Helper("return x * (1 - x)", "x", "a", f="self.sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "d2 = error * self.sigmoid_derivative(output)", "error", "self.sigmoid_derivative(output)",
                  "output", "self.z2", "self.a1", grad="self.W2 += self.lr * np.dot(self.a1.T, d2)",
                  product="np.dot(self.a1.T, d2)", inputs="self.a1", inputs_z="self.z1", d="d2", own="self.W2",
                  update="self.W2 += self.lr * np.dot(self.a1.T, d2)",
                  bias="self.b2 += self.lr * np.sum(d2, axis=0, keepdims=True)",
                  total="np.sum(d2, axis=0, keepdims=True)",
                  bias_update="self.b2 += self.lr * np.sum(d2, axis=0, keepdims=True)"),
            Layer((1,), "d1 = hidden_error * self.sigmoid_derivative(self.a1)",
                  "hidden_error = np.dot(d2, self.W2.T)", "self.sigmoid_derivative(self.a1)",
                  "self.a1", "self.z1", "X", "self.W2", "self.W1 += self.lr * np.dot(X.T, d1)",
                  product="np.dot(X.T, d1)", inputs="X", d="d1", own="self.W1",
                  update="self.W1 += self.lr * np.dot(X.T, d1)",
                  bias="self.b1 += self.lr * np.sum(d1, axis=0, keepdims=True)",
                  total="np.sum(d1, axis=0, keepdims=True)",
                  bias_update="self.b1 += self.lr * np.sum(d1, axis=0, keepdims=True)"),
        ),
        edit=(
            Edit("data_changed", (), "        self.z1 = np.dot(X, self.W1) + self.b1\n",
                 "        X -= X.mean(axis=0)\n        self.z1 = np.dot(X, self.W1) + self.b1\n"),
            Edit("step_skipped", (), "            loss = self.train_step(X, y)\n            if epoch % 1000 == 0:\n"
                 '                print("epoch", epoch, "loss", loss)',
                 "            if epoch % 1000 == 0:\n                loss = self.train_step(X, y)\n"
                 '                print("epoch", epoch, "loss", loss)'),
            Edit("derivative_missing", (1, 2), "        return x * (1 - x)", "        return 1"),
        ),
    ),
    Program(
        "study_hours", "object", "full", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "none",
        ("net.W1", "net.W2"), "net.forward(X)", factor=1, reports=True, rate=1, step="net.train(X, y)", build="Neural_Network()",
        n="len(X)", f="self.sigmoid", difference="self.o_error = y - o", residual="y - o", shown="self.o_error",
        helper=(Helper("return s * (1 - s)", "s", "a", f="self.sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "self.o_delta = self.o_error * self.sigmoidPrime(o)", "self.o_error", "self.sigmoidPrime(o)",
                  "o", "self.z3", "self.z2", grad="self.W2 += self.z2.T.dot(self.o_delta)",
                  product="self.z2.T.dot(self.o_delta)", inputs="self.z2", inputs_z="self.z", d="self.o_delta",
                  own="self.W2", update="self.W2 += self.z2.T.dot(self.o_delta)"),
            Layer((1,), "self.z2_delta = self.z2_error * self.sigmoidPrime(self.z2)",
                  "self.z2_error = self.o_delta.dot(self.W2.T)", "self.sigmoidPrime(self.z2)", "self.z2", "self.z",
                  "X", "self.W2", "self.W1 += X.T.dot(self.z2_delta)", "X.T.dot(self.z2_delta)", "X",
                  d="self.z2_delta", own="self.W1", update="self.W1 += X.T.dot(self.z2_delta)"),
        ),
        edit=(
            Edit("derivative_missing", (1, 2), "        return s * (1 - s)", "        return 1"),
            Edit("output_error_for_hidden", (1,), "self.o_delta.dot(self.W2.T)", "o.dot(self.W2.T)"),
            Edit("output_error_for_hidden", (1,), "= self.o_delta.dot(self.W2.T)", "= self.o_error.dot(self.W2.T)"),
        ),
    ),
    Program(
        "tanh_regressor", "object", "full", (1, 6, 1), ("tanh", "linear"), "squared", "separate",
        ("net.w_hidden", "net.b_hidden", "net.w_out", "net.b_out"), "net.predict(X)", factor=1, rate=0.02,
        step="net.fit_once(X, y)", build="Regressor(seed=2)", data="sine", train="net.fit(X, y, 5)",
        rate_name="self.learning_rate", n="len(x)", mean="np.mean({}, axis=0)",
        difference="delta_out = pred - target", residual="pred - target", shown="delta_out",
        helper=(Helper("return 1.0 - np.tanh(z) ** 2", "z", "z", of="tanh", f="np.tanh", layers=(1,)),),
        layer=(
            Layer((2,), grad="self.w_out = self.w_out - self.learning_rate * (h.T @ delta_out)",
                  product="h.T @ delta_out", inputs="h", inputs_z="z_hidden", d="delta_out", own="self.w_out",
                  update="self.w_out = self.w_out - self.learning_rate * (h.T @ delta_out)",
                  bias="self.b_out = self.b_out - self.learning_rate * delta_out.sum(axis=0)",
                  total="delta_out.sum(axis=0)",
                  bias_update="self.b_out = self.b_out - self.learning_rate * delta_out.sum(axis=0)"),
            Layer((1,), "delta_hidden = back * self.dtanh(z_hidden)", "back = delta_out @ self.w_out.T",
                  "self.dtanh(z_hidden)", "h", "z_hidden", "x", "self.w_out",
                  "self.w_hidden = self.w_hidden - self.learning_rate * (x.T @ delta_hidden)", "x.T @ delta_hidden",
                  "x", d="delta_hidden", own="self.w_hidden",
                  update="self.w_hidden = self.w_hidden - self.learning_rate * (x.T @ delta_hidden)",
                  bias="self.b_hidden = self.b_hidden - self.learning_rate * delta_hidden.sum(axis=0)",
                  total="delta_hidden.sum(axis=0)",
                  bias_update="self.b_hidden = self.b_hidden - self.learning_rate * delta_hidden.sum(axis=0)"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "back = delta_out @", "back = pred @"),
        ),
    ),
    Program(
        "binary_relu", "object", "full", (3, 5, 1), ("relu", "sigmoid"), "cross_entropy", "separate",
        ("net.W1", "net.b1", "net.W2", "net.b2"), "net.forward_pass(X)", factor=0.1, rate=0.8,
        step="net.gradient_descent(X, y)", build="BinaryClassifier((3, 5, 1), 0.8)", data="inside",
        train="net.train(X, y, 5)", rate_name="self.lr", n="m", f="sigmoid", difference="dZ2 = A2 - y",
        residual="A2 - y", shown="dZ2",
        layer=(
            Layer((2,), a="A2", z="self.Z2", grad="dW2 = self.A1.T.dot(dZ2) / m", product="self.A1.T.dot(dZ2)",
                  inputs="self.A1", inputs_z="self.Z1", d="dZ2", own="self.W2", update="self.W2 -= self.lr * dW2",
                  bias="db2 = np.sum(dZ2, axis=0, keepdims=True) / m", total="np.sum(dZ2, axis=0, keepdims=True)",
                  bias_update="self.b2 -= self.lr * db2"),
            Layer((1,), "dZ1 = dA1 * (self.Z1 > 0)", "dA1 = dZ2.dot(self.W2.T)", "(self.Z1 > 0)", "self.A1",
                  "self.Z1", "X", "self.W2", "dW1 = X.T.dot(dZ1) / m", "X.T.dot(dZ1)", "X", d="dZ1", own="self.W1",
                  update="self.W1 -= self.lr * dW1", bias="db1 = np.sum(dZ1, axis=0, keepdims=True) / m",
                  total="np.sum(dZ1, axis=0, keepdims=True)", bias_update="self.b1 -= self.lr * db1"),
        ),
        edit=(
            Edit("wrong_scale_by_features", (1, 2), "        m = X.shape[0]\n", "        m = X.shape[1]\n"),
            Edit("wrong_scale_by_features", (1,), "dW1 = X.T.dot(dZ1) / m", "dW1 = X.T.dot(dZ1) / X.shape[1]"),
        ),
    ),
    Program(
        "softmax_blobs", "object", "full", (2, 6, 3), ("relu", "softmax"), "cross_entropy", "separate",
        ("net.W", "net.b", "net.V", "net.c"), "net.scores(X)", factor=1 / 12, rate=0.1, step="net.step(X, y)",
        build="Net(2, 6, 3)", data="blobs", rate_name="step_size", n="num_examples",
        difference="dscores = (probs - labels) / num_examples", residual="(probs - labels)", shown="dscores",
        mean="np.mean({}, axis=0, keepdims=True)", many="for i in range(500): net.step(X, y)",
        layer=(
            Layer((2,), "dscores = (probs - labels) / num_examples", "(probs - labels)", "", "probs", "",
                  grad="dV = np.dot(self.hidden.T, dscores)", product="np.dot(self.hidden.T, dscores)",
                  inputs="self.hidden", d="dscores", own="self.V", update="self.V += -step_size * dV",
                  bias="dc = np.sum(dscores, axis=0, keepdims=True)", total="np.sum(dscores, axis=0, keepdims=True)",
                  bias_update="self.c += -step_size * dc"),
            Layer((1,), "dhidden = np.dot(dscores, self.V.T)", "np.dot(dscores, self.V.T)", "", "self.hidden", "",
                  "X", "self.V", "dW = np.dot(X.T, dhidden)", "np.dot(X.T, dhidden)", "X", d="dhidden", own="self.W",
                  update="self.W += -step_size * dW", bias="db = np.sum(dhidden, axis=0, keepdims=True)",
                  total="np.sum(dhidden, axis=0, keepdims=True)", bias_update="self.b += -step_size * db"),
        ),
        edit=(
            Edit("data_changed", (), "        probs = self.scores(X)\n",
                 "        X /= np.abs(X).max()\n        probs = self.scores(X)\n"),
            Edit("softmax_axis", (1, 2), "        e = np.exp(s - np.max(s, axis=1, keepdims=True))\n"
                 "        return e / np.sum(e, axis=1, keepdims=True)",
                 "        e = np.exp(s - np.max(s, axis=1, keepdims=True))\n"
                 "        return e / np.sum(e, axis=0, keepdims=True)"),
            Edit("softmax_axis", (1, 2), "return e / np.sum(e, axis=1, keepdims=True)", "return e / np.sum(e)"),
            Edit("derivative_missing", (1,), "        dhidden[self.hidden <= 0] = 0", "        # dhidden[self.hidden <= 0] = 0"),
        ),
    ),
    Program(
        "two_hidden_batch", "object", "full", (2, 3, 3, 1), ("sigmoid",) * 3, "squared", "separate",
        ("net.w1", "net.t1", "net.w2", "net.t2", "net.w3", "net.t3"), "net.feedforward(X)", factor=1, reports=True, rate=0.5,
        step="net.backprop(X, y, 0.5)", build="MLP(2, 3, 3, 1)", data="xor", many="net.train(X, y, 0.5, 3000, False)",
        train="net.train(X, y, 0.5, 5)", rate_name="alpha", n="len(x)", f="sig", mean="{}.mean(axis=0)",
        difference="g3 = (self.o3 - y) * dsig(self.n3)", residual="(self.o3 - y)", shown="(self.o3 - y)",
        helper=(Helper("return s * (1 - s)", "x", "z", f="sig", layers=(1, 2, 3)),),
        layer=tuple(
            Layer((l,), delta, error, f"dsig(self.n{l})", f"self.o{l}", f"self.n{l}", x, W,
                  f"self.w{l} -= alpha * ({x}.T @ g{l})", f"{x}.T @ g{l}", x, f"self.n{l - 1}" * (l > 1), f"g{l}",
                  f"self.w{l}", f"self.w{l} -= alpha * ({x}.T @ g{l})", f"self.t{l} -= alpha * g{l}.sum(axis=0)",
                  f"g{l}.sum(axis=0)", f"self.t{l} -= alpha * g{l}.sum(axis=0)")
            for l, delta, error, x, W in (
                (3, "g3 = (self.o3 - y) * dsig(self.n3)", "(self.o3 - y)", "self.o2", ""),
                (2, "g2 = (g3 @ self.w3.T) * dsig(self.n2)", "(g3 @ self.w3.T)", "self.o1", "self.w3"),
                (1, "g1 = (g2 @ self.w2.T) * dsig(self.n1)", "(g2 @ self.w2.T)", "self.x", "self.w2"),
            )
        ),
        edit=(
            Edit("step_skipped", (), "            self.backprop(x, y, alpha)\n            if verbose and e % 1000 == 0:\n",
                 "            if verbose and e % 1000 == 0:\n                self.backprop(x, y, alpha)\n"),
        ),
    ),
    Program(
        "minibatch_momentum", "object", "mini", (2, 5, 3), ("tanh", "sigmoid"), "squared", "separate",
        ("net.W1", "net.b1", "net.W2", "net.b2"), "net.forward(X)", factor=1 / 12, reports=True, rate=0.3,
        step="net.update_mini_batch(X, y)", build="Network((2, 5, 3))", data="blobs", train="net.SGD(X, y, 5)",
        rate_name="self.eta", n="m", mean="{}.mean(axis=0)", difference="D2 = (P - Y) * P * (1 - P)",
        residual="(P - Y)", shown="(P - Y)",
        layer=tuple(
            Layer((l,), delta, error, slope, a, "", x, W, f"gW{l} = {x}.T @ D{l} / m", f"{x}.T @ D{l}", x, "",
                  f"D{l}", f"self.W{l}", f"self.vW{l} = self.mu * self.vW{l} - self.eta * gW{l}",
                  f"gb{l} = D{l}.sum(axis=0) / m", f"D{l}.sum(axis=0)",
                  f"self.vb{l} = self.mu * self.vb{l} - self.eta * gb{l}")
            for l, delta, error, slope, a, x, W in (
                (2, "D2 = (P - Y) * P * (1 - P)", "(P - Y)", "P * (1 - P)", "P", "self.H", ""),
                (1, "D1 = (D2 @ self.W2.T) * (1 - self.H ** 2)", "(D2 @ self.W2.T)", "(1 - self.H ** 2)", "self.H",
                 "X", "self.W2"),
            )
        ),
        edit=(
            Edit("momentum_sign", (2,), "self.vW2 = self.mu * self.vW2 - ", "self.vW2 = -self.mu * self.vW2 - "),
            Edit("momentum_sign", (1,), "self.vW1 = self.mu * self.vW1 - ", "self.vW1 = -self.mu * self.vW1 - "),
            Edit("momentum_sign", (1, 2), "self.eta, self.mu = eta, mu", "self.eta, self.mu = eta, -mu"),
            Edit("update_lost", (2,), "        self.W2 += self.vW2", "        W2 = self.W2 + self.vW2"),
        ),
    ),
)
