"""MNIST mlp by momentum in plain PyTorch, from given weights and in a given order: prints the loss of each step, one a line.

usage: momentum_mlp.py FOLDER   FOLDER holds weights.bin (float32), layout.json, order.bin (int32), images.bin, labels.bin (uint8), settings.json
"""
import json
import os
import sys

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
folder = sys.argv[1]
at = lambda name: os.path.join(folder, name)
settings = json.load(open(at("settings.json")))
flat = np.fromfile(at("weights.bin"), np.float32)
parameters = []
for segment in json.load(open(at("layout.json"))):
    size = int(np.prod(segment["shape"]))
    values = flat[segment["offset"]:segment["offset"] + size].reshape(segment["shape"])
    parameters.append(torch.tensor(values.copy(), requires_grad=True))
images = torch.from_numpy(np.fromfile(at("images.bin"), np.uint8).reshape(-1, 784)).float() / 255
labels = torch.from_numpy(np.fromfile(at("labels.bin"), np.uint8).astype(np.int64))
order = np.fromfile(at("order.bin"), np.int32).reshape(-1, settings["batch"])
optimizer = torch.optim.SGD(parameters, lr=settings["lr"], momentum=settings["momentum"])
for indices in order:
    x, y = images[indices], labels[indices]
    w1, b1, w2, b2, w3, b3 = parameters
    scores = F.linear(F.relu(F.linear(F.relu(F.linear(x, w1, b1)), w2, b2)), w3, b3)
    loss = F.cross_entropy(scores, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(repr(loss.item()))
