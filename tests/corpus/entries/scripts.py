"""Scripts that train where they are imported."""

from ..entry import Edit, Helper, Layer, Program

S, C = "squared", "cross_entropy"


def _script(name: str, *truth, **other) -> Program:
    return Program(name, "script", *truth, **other)


PROGRAMS = (
    _script(
        "flat_xor_nobias", "full", (3, 4, 1), ("sigmoid", "sigmoid"), S, "input column", ("syn0", "syn1"),
        "nonlin(nonlin(X @ syn0) @ syn1)", factor=1, rate=1, loop="range(60000)", n="len(X)", f="nonlin",
        difference="l2_error = y - l2", residual="y - l2", shown="l2_error",
        helper=(Helper("return x*(1-x)", "x", "a", f="nonlin", layers=(1, 2)),),
        layer=(
            Layer((2,), "l2_delta = l2_error*nonlin(l2,deriv=True)", "l2_error", "nonlin(l2,deriv=True)", "l2", "",
                  "l1", "", "syn1 += l1.T.dot(l2_delta)", "l1.T.dot(l2_delta)", "l1", "", "l2_delta", "syn1",
                  "syn1 += l1.T.dot(l2_delta)"),
            Layer((1,), "l1_delta = l1_error * nonlin(l1,deriv=True)", "l1_error = l2_delta.dot(syn1.T)",
                  "nonlin(l1,deriv=True)", "l1", "", "l0", "syn1", "syn0 += l0.T.dot(l1_delta)", "l0.T.dot(l1_delta)",
                  "l0", "", "l1_delta", "syn0", "syn0 += l0.T.dot(l1_delta)"),
        ),
        edit=(
            Edit("stale_activations", (1, 2), "for j in range(60000):\n\n    # Feed forward through layers 0, 1, and 2\n    l0 = X\n    l1 = nonlin(np.dot(l0,syn0))\n",
                 "l0 = X\nl1 = nonlin(np.dot(l0,syn0))\nfor j in range(60000):\n\n    # Feed forward through layers 0, 1, and 2\n"),
            Edit("output_error_for_hidden", (1,), "l1_error = l2_delta.dot(syn1.T)", "l1_error = l2_error.dot(syn1.T)"),
            Edit("output_error_for_hidden", (1,), "l1_error = l2_delta.dot(syn1.T)", "l1_error = l2.dot(syn1.T)"),
            Edit("sign_alternating", (2,), "return x*(1-x)", "return x*(x-1)"),
            Edit("step_skipped", (), "    syn1 += l1.T.dot(l2_delta)\n    syn0 += l0.T.dot(l1_delta)\n",
                 "    if j % 10000 == 0:\n        syn1 += l1.T.dot(l2_delta)\n        syn0 += l0.T.dot(l1_delta)\n"),
        ),
    ),
    _script(
        "flat_biases", "full", (2, 3, 1), ("sigmoid", "sigmoid"), S, "separate",
        ("hidden_weights", "hidden_bias", "output_weights", "output_bias"),
        "sigmoid(sigmoid(inputs @ hidden_weights + hidden_bias) @ output_weights + output_bias)", factor=1, rate=0.7,
        X="inputs", y="expected_output", loop="range(epochs)", n="len(inputs)", f="sigmoid",
        mean="np.mean({}, axis=0, keepdims=True)",
        difference="error = expected_output - predicted_output", residual="expected_output - predicted_output",
        shown="error", helper=(Helper("return x * (1 - x)", "x", "a", f="sigmoid", layers=(1, 2)),),
        layer=(
            Layer((2,), "d_predicted_output = error * sigmoid_derivative(predicted_output)", "error",
                  "sigmoid_derivative(predicted_output)", "predicted_output", "output_layer_activation",
                  "hidden_layer_output", "", "output_weights += hidden_layer_output.T.dot(d_predicted_output) * lr",
                  "hidden_layer_output.T.dot(d_predicted_output)", "hidden_layer_output", "hidden_layer_activation",
                  "d_predicted_output", "output_weights",
                  "output_weights += hidden_layer_output.T.dot(d_predicted_output) * lr",
                  "output_bias += np.sum(d_predicted_output,axis=0,keepdims=True) * lr",
                  "np.sum(d_predicted_output,axis=0,keepdims=True)",
                  "output_bias += np.sum(d_predicted_output,axis=0,keepdims=True) * lr"),
            Layer((1,), "d_hidden_layer = error_hidden_layer * sigmoid_derivative(hidden_layer_output)",
                  "error_hidden_layer = d_predicted_output.dot(output_weights.T)",
                  "sigmoid_derivative(hidden_layer_output)", "hidden_layer_output", "hidden_layer_activation", "inputs",
                  "output_weights", "hidden_weights += inputs.T.dot(d_hidden_layer) * lr",
                  "inputs.T.dot(d_hidden_layer)", "inputs", "", "d_hidden_layer", "hidden_weights",
                  "hidden_weights += inputs.T.dot(d_hidden_layer) * lr",
                  "hidden_bias += np.sum(d_hidden_layer,axis=0,keepdims=True) * lr",
                  "np.sum(d_hidden_layer,axis=0,keepdims=True)",
                  "hidden_bias += np.sum(d_hidden_layer,axis=0,keepdims=True) * lr"),
        ),
    ),
    _script(
        "flat_per_sample", "sample", (2, 3, 1), ("sigmoid", "sigmoid"), S, "last column", ("W1", "W2"),
        "[s(W2 @ np.append(s(W1 @ np.append(r[:2], 1.0)), 1.0)) for r in data]", factor=1, reports=True, rate=0.5, X="data[:, :2]",
        y="data[:, 2:]", loop="range(20000)", one_row=("in data:", "in data[:1]:"), steps=4000, orientation="out,in", f="s", difference="e = t - o", residual="t - o",
        shown="e",
        layer=(
            Layer((2,), "d_o = e * o * (1 - o)", "e", "o * (1 - o)", "o", "", "h", "", "W2 += lr * np.outer(d_o, hb)",
                  "np.outer(d_o, hb)", "hb", "", "d_o", "W2", "W2 += lr * np.outer(d_o, hb)"),
            Layer((1,), "d_h = W2[0, :-1] * d_o * h * (1 - h)", "W2[0, :-1] * d_o", "h * (1 - h)", "h", "", "x",
                  "W2[0, :-1]", "W1 += lr * np.outer(d_h, x)", "np.outer(d_h, x)", "x", "", "d_h", "W1",
                  "W1 += lr * np.outer(d_h, x)"),
        ),
        edit=(
            Edit("bias_propagated", (1,), "W2[0, :-1] * d_o", "W2[0, 1:] * d_o"),
            Edit("output_error_for_hidden", (1,), "W2[0, :-1] * d_o *", "W2[0, :-1] * e *"),
            Edit("output_error_for_hidden", (1,), "W2[0, :-1] * d_o *", "W2[0, :-1] * o *"),
            Edit("last_row_only", (1, 2), "        W2 += lr * np.outer(d_o, hb)\n        W1 += lr * np.outer(d_h, x)\n",
                 "    W2 += lr * np.outer(d_o, hb)\n    W1 += lr * np.outer(d_h, x)\n"),
            Edit("stale_activations", (1, 2), "    total = 0\n    for row in data:\n        x = np.append(row[:2], 1.0)\n        t = row[2]\n        h = s(W1 @ x)\n        hb = np.append(h, 1.0)\n",
                 "    total = 0\n    x = np.append(data[0, :2], 1.0)\n    h = s(W1 @ x)\n    hb = np.append(h, 1.0)\n    for row in data:\n        x = np.append(row[:2], 1.0)\n        t = row[2]\n"),
        ),
    ),
    _script(
        "flat_regression_tanh", "full", (1, 8, 1), ("tanh", "linear"), S, "separate", ("w1", "b1", "w2", "b2"),
        "np.tanh(x @ w1 + b1) @ w2 + b2", factor=1, rate=0.01, X="x", loop="range(4000)", rate_name="eta", n="len(x)",
        mean="{}.mean(axis=0, keepdims=True)", difference="diff = yhat - y", residual="yhat - y", shown="diff",
        layer=(
            Layer((2,), a="yhat", grad="grad_w2 = a.T @ diff", product="a.T @ diff", inputs="a", inputs_z="z",
                  d="diff", own="w2", update="w2 -= eta * grad_w2",
                  bias="grad_b2 = diff.sum(axis=0, keepdims=True)", total="diff.sum(axis=0, keepdims=True)",
                  bias_update="b2 -= eta * grad_b2"),
            Layer((1,), "dz = da * (1 - a ** 2)", "da = diff @ w2.T", "(1 - a ** 2)", "a", "z", "x", "w2",
                  "grad_w1 = x.T @ dz", "x.T @ dz", "x", "", "dz", "w1", "w1 -= eta * grad_w1",
                  "grad_b1 = dz.sum(axis=0, keepdims=True)", "dz.sum(axis=0, keepdims=True)",
                  "b1 -= eta * grad_b1"),
        ),
    ),
    _script(
        "flat_three_layers", "full", (2, 4, 4, 2), ("sigmoid",) * 3, S, "separate",
        ("W1", "B1", "W2", "B2", "W3", "B3"), "sigmoid(sigmoid(sigmoid(X@W1+B1)@W2+B2)@W3+B3)", factor=1, reports=True, rate=1,
        y="Y", loop="range(20000)", rate_name="learning_rate", n="len(X)", f="sigmoid", mean="{}.mean(axis=0)",
        difference="delta3 = (A3-Y)*dsigmoid(Z3)", residual="(A3-Y)", shown="(A3-Y)",
        helper=(Helper("return sigmoid(z)*(1-sigmoid(z))", "z", "z", f="sigmoid", layers=(1, 2, 3)),),
        layer=tuple(
            Layer((l,), delta, error, f"dsigmoid(Z{l})", f"A{l}", f"Z{l}", x, W,
                  f"W{l} = W{l} - learning_rate*{x}.T.dot(delta{l})", f"{x}.T.dot(delta{l})", x,
                  f"Z{l - 1}" if l > 1 else "", f"delta{l}", f"W{l}",
                  f"W{l} = W{l} - learning_rate*{x}.T.dot(delta{l})",
                  f"B{l} = B{l} - learning_rate*delta{l}.sum(axis=0)", f"delta{l}.sum(axis=0)",
                  f"B{l} = B{l} - learning_rate*delta{l}.sum(axis=0)")
            for l, delta, error, x, W in (
                (3, "delta3 = (A3-Y)*dsigmoid(Z3)", "(A3-Y)", "A2", ""),
                (2, "delta2 = delta3.dot(W3.T)*dsigmoid(Z2)", "delta3.dot(W3.T)", "A1", "W3"),
                (1, "delta1 = delta2.dot(W2.T)*dsigmoid(Z1)", "delta2.dot(W2.T)", "X", "W2"),
            )
        ),
    ),
    _script(
        "flat_relu_two_layers", "full", (4, 6, 2), ("relu", "linear"), S, "none", ("w1", "w2"),
        "np.maximum(x @ w1, 0) @ w2", factor=2, rate=1e-3, X="x", loop="range(500)", rate_name="learning_rate", n="N",
        difference="grad_y_pred = 2.0 * (y_pred - y)", residual="(y_pred - y)", shown="grad_y_pred",
        layer=(
            Layer((2,), a="y_pred", grad="grad_w2 = h_relu.T.dot(grad_y_pred)", product="h_relu.T.dot(grad_y_pred)",
                  inputs="h_relu", inputs_z="h", d="grad_y_pred", own="w2", update="w2 -= learning_rate * grad_w2"),
            Layer((1,), "grad_h = grad_h_relu * (h > 0)", "grad_h_relu = grad_y_pred.dot(w2.T)", "(h > 0)", "h_relu",
                  "h", "x", "w2", "grad_w1 = x.T.dot(grad_h)", "x.T.dot(grad_h)", "x", "", "grad_h", "w1",
                  "w1 -= learning_rate * grad_w1"),
        ),
        edit=(Edit("data_changed", (), "    h = x.dot(w1)\n", "    x -= x.mean(axis=0)\n    h = x.dot(w1)\n"),),
    ),
    _script(
        "flat_softmax", "full", (2, 4, 3), ("sigmoid", "softmax"), C, "separate", ("wh", "bh", "wo", "bo"),
        "softmax(sigmoid(X @ wh + bh) @ wo + bo)", factor=1, rate=0.05, y="Y", loop="range(5000)", n="len(X)",
        f="sigmoid", mean="{}.mean(axis=0)", difference="dcost_dzo = ao - Y", residual="ao - Y", shown="dcost_dzo",
        layer=(
            Layer((2,), "dcost_dzo = ao - Y", "", "", "ao", "zo", "ah", "", "dcost_wo = np.dot(ah.T, dcost_dzo)",
                  "np.dot(ah.T, dcost_dzo)", "ah", "zh", "dcost_dzo", "wo", "wo -= lr * dcost_wo",
                  "dcost_bo = dcost_dzo.sum(axis=0)", "dcost_dzo.sum(axis=0)", "bo -= lr * dcost_bo"),
            Layer((1,), "dcost_dzh = dcost_dah * sigmoid(zh) * (1 - sigmoid(zh))",
                  "dcost_dah = np.dot(dcost_dzo, wo.T)", "sigmoid(zh) * (1 - sigmoid(zh))", "ah", "zh", "X", "wo",
                  "dcost_wh = np.dot(X.T, dcost_dzh)", "np.dot(X.T, dcost_dzh)", "X", "", "dcost_dzh", "wh",
                  "wh -= lr * dcost_wh", "dcost_bh = dcost_dzh.sum(axis=0)", "dcost_dzh.sum(axis=0)",
                  "bh -= lr * dcost_bh"),
        ),
        edit=(
            Edit("softmax_axis", (1, 2), "expA.sum(axis=1, keepdims=True)", "expA.sum(axis=0, keepdims=True)"),
            Edit("softmax_axis", (1, 2), "expA.sum(axis=1, keepdims=True)", "expA.sum()"),
            Edit("derivative_of_wrong_function", (2,), "dcost_dzo = ao - Y", "dcost_dzo = (ao - Y) * ao * (1 - ao)"),
        ),
    ),
    _script(
        "flat_logistic_columns", "full", (3, 4, 1), ("tanh", "sigmoid"), C, "separate", ("W1", "b1", "W2", "b2"),
        "1 / (1 + np.exp(-(W2 @ np.tanh(W1 @ x + b1) + b2)))", factor=0.1, rate=1, X="x.T", y="t.T",
        loop="range(3000)", orientation="out,in", rate_name="alpha", rows="columns", n="m",
        mean="np.mean({}, axis=1, keepdims=True)", difference="dZ2 = A2 - t", residual="A2 - t", shown="dZ2",
        layer=tuple(
            Layer((l,), delta, error, slope, f"A{l}", f"Z{l}", x, W, f"dW{l} = np.dot(dZ{l}, {x}.T) / m",
                  f"np.dot(dZ{l}, {x}.T)", x, "Z1" if l == 2 else "", f"dZ{l}", f"W{l}", f"W{l} = W{l} - alpha * dW{l}",
                  f"db{l} = np.sum(dZ{l}, axis=1, keepdims=True) / m", f"np.sum(dZ{l}, axis=1, keepdims=True)",
                  f"b{l} = b{l} - alpha * db{l}")
            for l, delta, error, slope, x, W in (
                (2, "", "", "", "A1", ""), (1, "dZ1 = dA1 * (1 - A1 ** 2)", "dA1 = np.dot(W2.T, dZ2)", "(1 - A1 ** 2)", "x", "W2")
            )
        ),
        edit=(
            Edit("wrong_scale_by_features", (1, 2), "m = x.shape[1]", "m = x.shape[0]"),
            Edit("wrong_scale_by_features", (2,), "dW2 = np.dot(dZ2, A1.T) / m", "dW2 = np.dot(dZ2, A1.T) / x.shape[0]"),
        ),
    ),
    _script(
        "flat_momentum", "full", (2, 3, 1), ("sigmoid", "sigmoid"), S, "separate", ("w_ih", "b_h", "w_ho", "b_o"),
        "1 / (1 + np.exp(-(1 / (1 + np.exp(-(X @ w_ih + b_h))) @ w_ho + b_o)))", factor=1, reports=True, rate=0.4, y="T",
        loop="range(3000)", n="len(X)", mean="{}.mean(axis=0)", difference="err = T - o", residual="T - o",
        shown="err",
        layer=tuple(
            Layer((l,), delta, error, slope, a, "", x, W, f"v_{w} = mom * v_{w} + lr * ({x}.T @ g_{k})",
                  f"{x}.T @ g_{k}", x, "", f"g_{k}", f"w_{w}", f"w_{w} = w_{w} + v_{w}",
                  f"v_b{k} = mom * v_b{k} + lr * g_{k}.sum(axis=0)", f"g_{k}.sum(axis=0)", f"b_{k} = b_{k} + v_b{k}")
            for l, k, w, delta, error, slope, a, x, W in (
                (2, "o", "ho", "g_o = err * o * (1 - o)", "err", "o * (1 - o)", "o", "h", ""),
                (1, "h", "ih", "g_h = (g_o @ w_ho.T) * h * (1 - h)", "(g_o @ w_ho.T)", "h * (1 - h)", "h", "X",
                 "w_ho"),
            )
        ),
        edit=(
            Edit("momentum_sign", (2,), "v_ho = mom * v_ho + lr", "v_ho = -mom * v_ho + lr"),
            Edit("momentum_sign", (1,), "v_ih = mom * v_ih + lr", "v_ih = -mom * v_ih + lr"),
            Edit("momentum_sign", (1, 2), "lr, mom = 0.4, 0.9", "lr, mom = 0.4, -0.9"),
            Edit("rate_twice", (2,), "v_ho = mom * v_ho + lr *", "v_ho = mom * v_ho + lr * lr *"),
            Edit("rate_divided", (1,), "v_ih = mom * v_ih + lr *", "v_ih = mom * v_ih + 1 / lr *"),
        ),
    ),
    _script(
        "flat_weight_list", "full", (2, 4, 3, 1), ("sigmoid",) * 3, S, "last column",
        ("weights[0]", "weights[1]", "weights[2]"),
        "[(a := X)] and [a := 1 / (1 + np.exp(-with_bias(a) @ w)) for w in weights][-1]", factor=1, rate=0.8,
        loop="range(8000)", steps=5000, rate_name="0.8", n="len(X)", difference="error = acts[-1] - y", residual="acts[-1] - y",
        shown="error",
        layer=(
            Layer((3,), "delta = error * acts[-1] * (1 - acts[-1])", "error", "acts[-1] * (1 - acts[-1])", "acts[-1]",
                  "", "acts[-2]"),
            Layer((1, 2), "delta = delta.dot(weights[k][:-1].T) * acts[k] * (1 - acts[k])",
                  "delta.dot(weights[k][:-1].T)", "acts[k] * (1 - acts[k])", "acts[k]", "", "acts[k - 1]",
                  "weights[k][:-1]"),
            Layer((1, 2, 3), grad="gradient = with_bias(acts[k]).T.dot(delta)",
                  product="with_bias(acts[k]).T.dot(delta)", inputs="with_bias(acts[k])", d="delta", own="weights[k]",
                  update="weights[k] = weights[k] - 0.8 * gradient"),
        ),
        edit=(
            Edit("bias_propagated", (1, 2), "weights[k][:-1].T", "weights[k][1:].T"),
            Edit("weights_after_update", (1, 2), "        if k:\n            delta = delta.dot(weights[k][:-1].T) * acts[k] * (1 - acts[k])\n        weights[k] = weights[k] - 0.8 * gradient\n",
                 "        weights[k] = weights[k] - 0.8 * gradient\n        if k:\n            delta = delta.dot(weights[k][:-1].T) * acts[k] * (1 - acts[k])\n"),
        ),
    ),
    _script(
        "flat_no_hidden_bias_ones", "sample", (3, 3, 2), ("sigmoid", "sigmoid"), S, "input column",
        ("synaptic_weights_1", "synaptic_weights_2"),
        "1 / (1 + np.exp(-1 / (1 + np.exp(-inputs @ synaptic_weights_1)) @ synaptic_weights_2))", factor=1, rate=0.5,
        X="inputs", y="outputs", loop="range(5000)", one_row=("range(5):", "range(1):"), rate_name="0.5", difference="miss = outputs[k] - result",
        residual="outputs[k] - result", shown="miss",
        layer=(
            Layer((2,), "delta_2 = miss * result * (1 - result)", "miss", "result * (1 - result)", "result", "",
                  "hidden", "", "synaptic_weights_2 += 0.5 * np.outer(hidden, delta_2)", "np.outer(hidden, delta_2)",
                  "hidden", "", "delta_2", "synaptic_weights_2",
                  "synaptic_weights_2 += 0.5 * np.outer(hidden, delta_2)"),
            Layer((1,), "delta_1 = hidden_miss * hidden * (1 - hidden)",
                  "hidden_miss = np.dot(synaptic_weights_2, delta_2)", "hidden * (1 - hidden)", "hidden", "", "sample",
                  "synaptic_weights_2", "synaptic_weights_1 += 0.5 * np.outer(sample, delta_1)",
                  "np.outer(sample, delta_1)", "sample", "", "delta_1", "synaptic_weights_1",
                  "synaptic_weights_1 += 0.5 * np.outer(sample, delta_1)"),
        ),
        edit=(Edit("output_error_for_hidden", (1,), "(synaptic_weights_2, delta_2)", "(synaptic_weights_2, miss)"),),
    ),
    _script(
        "flat_leaky", "full", (2, 6, 1), ("leaky_relu", "sigmoid"), C, "separate", ("w0", "c0", "w1", "c1"),
        "1 / (1 + np.exp(-(lrelu(features @ w0 + c0) @ w1 + c1)))", factor=1 / 12, rate=0.5, X="features", y="labels",
        loop="range(2000)", rate_name="0.5", n="len(features)", mean="{}.mean(0)",
        difference="d1 = (prob - labels) / len(features)", residual="(prob - labels)", shown="d1",
        layer=(
            Layer((2,), a="prob", grad="w1 -= 0.5 * act.T @ d1", product="act.T @ d1", inputs="act", inputs_z="pre",
                  d="d1", own="w1", update="w1 -= 0.5 * act.T @ d1", bias="c1 -= 0.5 * d1.sum(0)", total="d1.sum(0)",
                  bias_update="c1 -= 0.5 * d1.sum(0)"),
            Layer((1,), "d0 = (d1 @ w1.T) * np.where(pre > 0, 1, 0.1)", "(d1 @ w1.T)", "np.where(pre > 0, 1, 0.1)",
                  "act", "pre", "features", "w1", "w0 -= 0.5 * features.T @ d0", "features.T @ d0", "features", "",
                  "d0", "w0", "w0 -= 0.5 * features.T @ d0", "c0 -= 0.5 * d0.sum(0)", "d0.sum(0)",
                  "c0 -= 0.5 * d0.sum(0)"),
        ),
    ),
)
