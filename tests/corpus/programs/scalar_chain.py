import math

# 1-1-1 network, everything scalar
w1 = 0.8
b1 = -0.3
w2 = 1.1
b2 = 0.2
lr = 0.5

xs = [0.0, 0.25, 0.5, 0.75, 1.0]
ys = [0.1, 0.2, 0.45, 0.7, 0.8]


def sigmoid(v):
    return 1 / (1 + math.exp(-v))


def feedforward(x):
    h = sigmoid(w1 * x + b1)
    return sigmoid(w2 * h + b2)


def learn(x, target):
    global w1, b1, w2, b2
    h = sigmoid(w1 * x + b1)
    o = sigmoid(w2 * h + b2)
    e = o - target
    d2 = e * o * (1 - o)
    d1 = d2 * w2 * h * (1 - h)
    w2 -= lr * d2 * h
    b2 -= lr * d2
    w1 -= lr * d1 * x
    b1 -= lr * d1


if __name__ == "__main__":
    for epoch in range(10000):
        for x, t in zip(xs, ys):
            learn(x, t)
    for x, t in zip(xs, ys):
        print(x, t, feedforward(x))
