"""Programs with one output as a vector, where shapes may broadcast without a word."""

from ..entry import Edit, Layer, Program

PROGRAMS = (
    Program(
        "single_output_vector", "object", "full", (3, 5, 1), ("tanh", "linear"), "squared", "separate",
        ("net.W", "net.b", "net.v", "net.c"), "net.forward(X)", factor=0.1, rate=0.1, step="net.fit_step(X, y)",
        build="Regression(3)", data="sum", rate_name="self.lr", n="n", difference="err = pred - y",
        residual="pred - y", mean="{}.mean(axis=0)",
        layer=(
            Layer((2,), grad="grad_v = (self.h.T @ err).sum(axis=1) / n", product="self.h.T @ err", inputs="self.h",
                  d="err", own="self.v", update="self.v = self.v - self.lr * grad_v",
                  bias="grad_c = err.sum() / n", total="err.sum()", bias_update="self.c = self.c - self.lr * grad_c"),
            Layer((1,), "d = back * (1 - self.h ** 2)", "back = err.sum(axis=1, keepdims=True) * self.v",
                  "(1 - self.h ** 2)", "self.h", "", "", "self.v", "grad_W = X.T @ d / n", "X.T @ d", "X", "", "d",
                  "self.W", "self.W = self.W - self.lr * grad_W", "grad_b = d.sum(axis=0) / n", "d.sum(axis=0)",
                  "self.b = self.b - self.lr * grad_b"),
        ),
        edit=(
            Edit("broadcast_error", (1, 2), "err = pred - y", "err = pred - y.ravel()"),
            Edit("broadcast_error", (1, 2), "        return (self.h @ self.v + self.c).reshape(-1, 1)\n",
                 "        return self.h @ self.v + self.c\n"),
            Edit("wrong_scale_by_features", (1, 2), "n = len(X)", "n = X.shape[1]"),
        ),
    ),
    Program(
        "flat_single_output", "script", "full", (2, 4, 1), ("sigmoid", "linear"), "squared", "separate",
        ("w1", "b1", "w2", "b2"), "1 / (1 + np.exp(-(X @ w1 + b1))) @ w2 + b2", factor=1 / 9, rate=0.3,
        loop="range(3000)", n="len(X)", difference="error = out - y", residual="out - y",
        layer=(
            Layer((2,), grad="gw2 = np.mean(hidden.T @ error, axis=1) / len(X)", product="hidden.T @ error",
                  inputs="hidden", d="error", own="w2", update="w2 = w2 - lr * gw2", bias="gb2 = np.mean(error)",
                  total="np.mean(error)", bias_update="b2 = b2 - lr * gb2"),
            Layer((1,), "dh = spread * hidden * (1 - hidden)", "spread = error.mean(axis=1)[:, None] * w2",
                  "hidden * (1 - hidden)", "hidden", "", "", "w2", "gw1 = X.T @ dh / len(X)", "X.T @ dh", "X", "",
                  "dh", "w1", "w1 = w1 - lr * gw1", "gb1 = dh.mean(axis=0)", "dh.mean(axis=0)", "b1 = b1 - lr * gb1"),
        ),
        edit=(
            Edit("broadcast_error", (1, 2), "error = out - y", "error = out - y.flatten()"),
            Edit("broadcast_error", (1, 2), "out = (hidden @ w2 + b2)[:, None]", "out = hidden @ w2 + b2"),
            Edit("bias_wrong_sum", (2,), "gb2 = np.mean(error)", "gb2 = np.sum(error)"),
            Edit("bias_wrong_sum", (1,), "gb1 = dh.mean(axis=0)", "gb1 = dh.sum(axis=0)"),
            Edit("mean_for_sum_in_one_layer", (1,), "    gw1 = X.T @ dh / len(X)\n    gb1 = dh.mean(axis=0)\n",
                 "    gw1 = X.T @ dh\n    gb1 = dh.sum(axis=0)\n"),
        ),
    ),
    Program(
        "xor_four_hidden_units", "functions", "full", (2, 4, 1), ("sigmoid", "sigmoid"), "squared", "none",
        ("W1", "W2"), "feedforward(X)", factor=2, rate=1.0, step="backprop(X, y)", rate_name="eta", n="len(X)",
        f="logistic", difference="error = y - output", residual="y - output", shown="error",
        many="for i in range(4000): backprop(X, y)",
        layer=(
            Layer((2,), "d2 = 2 * error * output * (1 - output)", "2 * error", "output * (1 - output)", "output",
                  "(layer1 @ W2)", "layer1", "", "W2 = W2 + eta * layer1.T @ d2", "layer1.T @ d2", "layer1",
                  "(X @ W1)", "d2", "W2", "W2 = W2 + eta * layer1.T @ d2"),
            Layer((1,), "d1 = e1 * layer1 * (1 - layer1)", "e1 = d2 @ W2.T", "layer1 * (1 - layer1)", "layer1",
                  "(X @ W1)", "X", "W2", "W1 = W1 + eta * X.T @ d1", "X.T @ d1", "X", "", "d1", "W1",
                  "W1 = W1 + eta * X.T @ d1"),
        ),
        edit=(
            Edit("output_error_for_hidden", (1,), "e1 = d2 @ W2.T", "e1 = error @ W2.T"),
            Edit("output_error_for_hidden", (1,), "e1 = d2 @ W2.T", "e1 = output @ W2.T"),
        ),
    ),
)
