import argparse
import numpy as np


def init_params(rng, n_in, n_hid, n_out):
    return (rng.normal(0, 0.5, (n_in, n_hid)), np.zeros(n_hid),
            rng.normal(0, 0.5, (n_hid, n_out)), np.zeros(n_out))


def forward(params, x):
    w1, b1, w2, b2 = params
    h = np.tanh(np.einsum('ni,ih->nh', x, w1) + b1)
    logits = np.einsum('nh,ho->no', h, w2) + b2
    logits = logits - logits.max(axis=1, keepdims=True)
    e = np.exp(logits)
    return h, e / e.sum(axis=1, keepdims=True)


def loss_fn(params, x, t):
    _, p = forward(params, x)
    return -np.mean(np.sum(t * np.log(p + 1e-12), axis=1))


def grads(params, x, t):
    w1, b1, w2, b2 = params
    h, p = forward(params, x)
    d2 = (p - t) / x.shape[0]
    dw2 = np.einsum('nh,no->ho', h, d2)
    d1 = np.einsum('no,ho->nh', d2, w2) * (1 - h * h)
    dw1 = np.einsum('ni,nh->ih', x, d1)
    return dw1, d1.sum(0), dw2, d2.sum(0)


def update(params, g, lr):
    return tuple(p - lr * d for p, d in zip(params, g))


def main(argv=None):
    ap = argparse.ArgumentParser(description="toy classifier")
    ap.add_argument('--hidden', type=int, default=8)
    ap.add_argument('--lr', type=float, default=0.5)
    ap.add_argument('--epochs', type=int, default=300)
    ap.add_argument('--seed', type=int, default=0)
    args = ap.parse_args(argv)
    rng = np.random.default_rng(args.seed)
    x = rng.normal(size=(90, 2))
    labels = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.3)
    t = np.eye(3)[labels]
    params = init_params(rng, 2, args.hidden, 3)
    for epoch in range(args.epochs):
        params = update(params, grads(params, x, t), args.lr)
        if epoch % 50 == 0:
            print(epoch, loss_fn(params, x, t))


if __name__ == '__main__':
    main()
