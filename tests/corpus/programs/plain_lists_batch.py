import math
import random

random.seed(4)

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0.0, 1.0, 1.0, 0.0]
HIDDEN = 3

W = [[random.uniform(-1, 1) for i in range(2)] for j in range(HIDDEN)]
B = [random.uniform(-1, 1) for j in range(HIDDEN)]
V = [random.uniform(-1, 1) for j in range(HIDDEN)]
C = [0.0]


def sig(z):
    return 1.0 / (1.0 + math.exp(-z))


def forward(x):
    h = [sig(sum(w * xi for w, xi in zip(W[j], x)) + B[j]) for j in range(HIDDEN)]
    return h, sig(sum(v * hj for v, hj in zip(V, h)) + C[0])


def gradient_step(rate):
    gW = [[0.0, 0.0] for j in range(HIDDEN)]
    gB = [0.0] * HIDDEN
    gV = [0.0] * HIDDEN
    gC = 0.0
    for x, y in zip(X, Y):
        h, o = forward(x)
        do = (o - y) * o * (1 - o)
        gC += do
        for j in range(HIDDEN):
            gV[j] += do * h[j]
            dh = do * V[j] * h[j] * (1 - h[j])
            gB[j] += dh
            for i in range(2):
                gW[j][i] += dh * x[i]
    C[0] -= rate * gC
    for j in range(HIDDEN):
        V[j] -= rate * gV[j]
        B[j] -= rate * gB[j]
        for i in range(2):
            W[j][i] -= rate * gW[j][i]


def main():
    for epoch in range(5000):
        gradient_step(1.0)
    print([round(forward(x)[1], 3) for x in X])


if __name__ == "__main__":
    main()
