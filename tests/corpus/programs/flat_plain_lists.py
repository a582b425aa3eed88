import math, random

random.seed(11)
data = [([0.2, 0.7], 0.8), ([0.9, 0.1], 0.3), ([0.5, 0.5], 0.6), ([0.1, 0.2], 0.2)]
wh = [[random.random() - 0.5 for _ in range(2)] for _ in range(2)]
bh = [0.1, -0.1]
wo = [random.random() - 0.5 for _ in range(2)]
bo = [0.0]
rate = 0.6

for epoch in range(2000):
    for x, target in data:
        h = [0.0, 0.0]
        for j in range(2):
            h[j] = math.tanh(wh[j][0] * x[0] + wh[j][1] * x[1] + bh[j])
        out = 1 / (1 + math.exp(-(wo[0] * h[0] + wo[1] * h[1] + bo[0])))
        delta_o = (target - out) * out * (1 - out)
        delta_h = [0.0, 0.0]
        for j in range(2):
            delta_h[j] = wo[j] * delta_o * (1 - h[j] * h[j])
        for j in range(2):
            wo[j] += rate * delta_o * h[j]
            bh[j] += rate * delta_h[j]
            for i in range(2):
                wh[j][i] += rate * delta_h[j] * x[i]
        bo[0] += rate * delta_o

print("trained")
