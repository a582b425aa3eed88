"""Programs whose parameters stand in dictionaries, lists of arrays or closures."""

from ..entry import Edit, Helper, Layer, Program

DICT = ("net.params['W1']", "net.params['b1']", "net.params['W2']", "net.params['b2']")
ALL = "net.{}_dict[{}]"

PROGRAMS = (
    Program(
        "two_layer_net_dict", "object", "full", (2, 5, 3), ("relu", "softmax"), "cross_entropy", "separate", DICT,
        "net.predict_proba(X)", factor=1 / 12, rate=0.5, step="net.train(X, y, 0.5, 1)",
        build="TwoLayerNet(2, 5, 3)", data="blobs", train="net.train(X, y, 0.5, 5)", rate_name="learning_rate", n="N",
        mean="np.mean({}, axis=0)", difference="dscores = probs - y", residual="probs - y", shown="dscores",
        layer=(
            Layer((2,), a="probs", grad="grads['W2'] = hidden.T.dot(dscores)", product="hidden.T.dot(dscores)",
                  inputs="hidden", inputs_z="pre", d="dscores", own="W2",
                  bias="grads['b2'] = np.sum(dscores, axis=0)", total="np.sum(dscores, axis=0)",
                  bias_update="grads['b2'] = np.sum(dscores, axis=0)"),
            Layer((1,), "dpre = dhidden * (pre > 0)", "dhidden = dscores.dot(W2.T)", "(pre > 0)", "hidden", "pre", "X",
                  "W2", "grads['W1'] = X.T.dot(dpre)", "X.T.dot(dpre)", "X", "", "dpre", "W1", "",
                  "grads['b1'] = np.sum(dpre, axis=0)", "np.sum(dpre, axis=0)"),
            Layer((1, 2), update="self.params[name] -= learning_rate * grads[name]"),
        ),
        edit=(
            Edit("data_changed", (), "        pre = X.dot(W1) + b1\n",
                 "        X /= X.std(axis=0)\n        pre = X.dot(W1) + b1\n"),
            Edit("derivative_of_wrong_function", (2,), "dscores = probs - y", "dscores = (probs - y) * probs * (1 - probs)"),
            Edit("softmax_axis", (1, 2), "np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)",
                 "np.exp(scores) / np.exp(scores).sum(axis=0, keepdims=True)"),
            Edit("update_lost", (1, 2), "                self.params[name] -= learning_rate * grads[name]",
                 "                param = self.params[name]\n                param = param - learning_rate * grads[name]"),
            Edit("bias_not_updated", (1, 2), "for name in self.params:", "for name in ('W1', 'W2'):"),
        ),
    ),
    Program(
        "layer_dicts", "object", "full", (2, 3, 3, 2), ("sigmoid",) * 3, "squared", "separate",
        tuple(ALL.format(kind, i) for i in (1, 2, 3) for kind in ("weights", "bias")), "net.forward_pass(X.T).T",
        factor=1, rate=0.3, step="net.train(X, y, 0.3, 1)", build="Backpropagation((3, 3), 2, 2)", data="two2",
        train="net.train(X, y, 0.3, 5)", orientation="out,in", rate_name="eta", rows="columns",
        n="labels.shape[1]", f="self.sigmoid", mean="{}.mean(axis=1, keepdims=True)",
        difference="gradients[self.n] = (out - labels) * out * (1 - out)", residual="(out - labels)",
        shown="(out - labels)",
        layer=(
            Layer((3,), "gradients[self.n] = (out - labels) * out * (1 - out)", "(out - labels)", "out * (1 - out)",
                  "out", "self.pre_activation[self.n]", "self.activation[self.n - 1]"),
            Layer((1, 2), "gradients[i] = self.weights_dict[i + 1].T.dot(gradients[i + 1]) * local",
                  "self.weights_dict[i + 1].T.dot(gradients[i + 1])", "local", "", "", "",
                  "self.weights_dict[i + 1]"),
            Layer((1, 2, 3),
                  grad="self.weights_dict[i] = self.weights_dict[i] - eta * gradients[i].dot(self.activation[i - 1].T)",
                  product="gradients[i].dot(self.activation[i - 1].T)", inputs="self.activation[i - 1]",
                  d="gradients[i]", own="self.weights_dict[i]",
                  update="self.weights_dict[i] = self.weights_dict[i] - eta * gradients[i].dot(self.activation[i - 1].T)",
                  bias="self.bias_dict[i] = self.bias_dict[i] - eta * gradients[i].sum(axis=1, keepdims=True)",
                  total="gradients[i].sum(axis=1, keepdims=True)",
                  bias_update="self.bias_dict[i] = self.bias_dict[i] - eta * gradients[i].sum(axis=1, keepdims=True)"),
        ),
        edit=(
            Edit("derivative_of_activation", (1, 2), "local = self.activation[i] * (1 - self.activation[i])",
                 "local = self.sigmoid(self.activation[i]) * (1 - self.sigmoid(self.activation[i]))"),
            Edit("derivative_of_pre_activation", (1, 2), "local = self.activation[i] * (1 - self.activation[i])",
                 "local = self.pre_activation[i] * (1 - self.pre_activation[i])"),
            Edit("derivative_of_wrong_layer", (1, 2), "local = self.activation[i] * (1 - self.activation[i])",
                 "local = self.activation[2] * (1 - self.activation[2])"),
            Edit("derivative_of_wrong_function", (1, 2), "local = self.activation[i] * (1 - self.activation[i])",
                 "local = 1 - self.activation[i] ** 2"),
            Edit("transposed_weights", (1,), "self.weights_dict[i + 1].T.dot(gradients[i + 1])",
                 "(self.weights_dict[2] if i == 1 else self.weights_dict[3].T).dot(gradients[i + 1])"),
        ),
    ),
    Program(
        "params_returned", "functions", "full", (3, 3, 3, 1), ("tanh", "tanh", "linear"), "squared", "separate",
        tuple(f"params['{kind}{i}']" for i in (1, 2, 3) for kind in "Wb"), "nn(params, X)[2]", factor=0.1, rate=0.3,
        step="params = train_step(params, X, y, 0.3)", data="sum", n="n", mean="{}.mean(axis=0)",
        difference="d3 = (out - y) / n", residual="(out - y)", shown="d3",
        layer=tuple(
            Layer((l,), delta, error, slope, a, "", x, W, f"W{l}={x}.T @ d{l}", f"{x}.T @ d{l}", x, "", f"d{l}",
                  f'p["W{l}"]', "", f"b{l}=d{l}.sum(axis=0)", f"d{l}.sum(axis=0)")
            for l, delta, error, slope, a, x, W in (
                (3, "", "", "", "out", "h2", ""),
                (2, 'd2 = (d3 @ p["W3"].T) * (1 - h2 ** 2)', '(d3 @ p["W3"].T)', "(1 - h2 ** 2)", "h2", "h1", 'p["W3"]'),
                (1, 'd1 = (d2 @ p["W2"].T) * (1 - h1 ** 2)', '(d2 @ p["W2"].T)', "(1 - h1 ** 2)", "h1", "x", 'p["W2"]'),
            )
        ),
        edit=(
            Edit("wrong_scale_by_features", (1, 2, 3), "n = x.shape[0]", "n = x.shape[1]"),
            Edit("sign_reversed", (1, 2, 3), "p[name] - lr * g[name]", "p[name] + lr * g[name]"),
            Edit("rate_twice", (1, 2, 3), "p[name] - lr * g[name]", "p[name] - lr * lr * g[name]"),
            Edit("update_lost", (1, 2, 3), "    return {name: p[name] - lr * g[name] for name in p}",
                 "    new = {name: p[name] - lr * g[name] for name in p}\n    return p"),
            Edit("bias_not_updated", (1, 2, 3), "p[name] - lr * g[name] for name in p}",
                 "p[name] - lr * g[name] if name[0] == 'W' else p[name] for name in p}"),
            Edit("bias_not_updated", (3,), "b3=d3.sum(axis=0)", "b3=0 * d3.sum(axis=0)"),
            Edit("layers_out_of_order", (1, 2), "        W1=x.T @ d1, b1=d1.sum(axis=0),\n        W2=h1.T @ d2, b2=d2.sum(axis=0),\n",
                 "        W2=x.T @ d1, b2=d1.sum(axis=0),\n        W1=h1.T @ d2, b1=d2.sum(axis=0),\n"),
            Edit("integer_weights", (1, 2, 3), "{name: p[name] - lr * g[name] for", "{name: (p[name] - lr * g[name]).astype(int) for"),
        ),
    ),
    Program(
        "closure_network", "functions", "full", (2, 3, 1), ("sigmoid", "sigmoid"), "squared", "separate",
        ("net['weights'][0]", "net['biases'][0]", "net['weights'][1]", "net['biases'][1]"), "predict(X)", factor=1,
        rate=0.5, step="train(X, y)", data="xor", many="for i in range(4000): train(X, y)", rate_name="rate",
        n="len(x)", f="sigmoid", difference="e = o - y", residual="o - y", shown="e", mean="{}.mean(axis=0)",
        helper=(Helper("return v * (1 - v)", "v", "a", f="sigmoid", layers=(1, 2)),),
        layer=tuple(
            Layer((l,), delta, error, f"slope({a})", a, "", x, W, f"weights[{l - 1}] -= rate * {x}.T @ {d}",
                  f"{x}.T @ {d}", x, "", d, f"weights[{l - 1}]", f"weights[{l - 1}] -= rate * {x}.T @ {d}",
                  f"biases[{l - 1}] -= rate * {d}.sum(axis=0)", f"{d}.sum(axis=0)",
                  f"biases[{l - 1}] -= rate * {d}.sum(axis=0)")
            for l, delta, error, a, d, x, W in (
                (2, "d_o = e * slope(o)", "e", "o", "d_o", "h", ""),
                (1, "d_h = (d_o @ weights[1].T) * slope(h)", "(d_o @ weights[1].T)", "h", "d_h", "x", "weights[1]"),
            )
        ),
        edit=(Edit("output_error_for_hidden", (1,), "(d_o @ weights[1].T)", "(e @ weights[1].T)"),),
    ),
)
