"""A transformer over characters by AdamW or LAMB in plain PyTorch, from given weights and over given batches: prints the loss of each step, then that on
the validation set, one a line.

usage: transformer_text.py FOLDER   FOLDER holds weights.bin (float32), layout.json, batches.bin and validation.bin (int32, [examples, context + 1]),
settings.json
"""
import json
import os
import sys

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

folder = sys.argv[1]
at = lambda name: os.path.join(folder, name)
settings = json.load(open(at("settings.json")))
context = settings["context"]
flat = np.fromfile(at("weights.bin"), np.float32)
given, kinds = {}, {}
for segment in json.load(open(at("layout.json"))):
    size = int(np.prod(segment["shape"]))
    given[segment["name"]] = torch.tensor(flat[segment["offset"]:segment["offset"] + size].reshape(segment["shape"]))
    kinds[segment["name"]] = segment["kind"]
tokens, width = given["embedding1.weight"].shape
depth = sum(name.endswith("in_proj_weight") for name in given)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, settings["heads"], batch_first=True)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, mask):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, attn_mask=mask, need_weights=False, is_causal=True)[0]
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(tokens, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(context))

    def forward(self, x):
        y = self.embedding(x) + self.positions.weight
        for block in self.blocks:
            y = block(y, self.mask)
        return self.head(self.norm(y))


def parameters(model):
    """Each parameter with its name in the layout: kinds of layers count from 1, whatever block they are in."""
    layers = {"embedding1": model.embedding, "positions1": model.positions}
    for i, block in enumerate(model.blocks):
        layers |= {f"norm{2 * i + 1}": block.norm1, f"attention{i + 1}": block.attention, f"norm{2 * i + 2}": block.norm2, f"fc{2 * i + 1}": block.fc1, f"fc{2 * i + 2}": block.fc2}
    layers |= {f"norm{2 * depth + 1}": model.norm, f"fc{2 * depth + 1}": model.head}
    return {f"{layer}.{name}": p for layer, module in layers.items() for name, p in module.named_parameters()}


class Lamb(torch.optim.Optimizer):
    """1904.00962, algorithm 2, with the bias correction of its first version; what is not decayed is not adapted."""

    def __init__(self, groups, **options):
        super().__init__(groups, options)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            (beta1, beta2), decay = group["betas"], group["weight_decay"]
            for w in group["params"]:
                state = self.state[w]
                if not state:
                    state.update(t=0, m=torch.zeros_like(w), v=torch.zeros_like(w))
                state["t"] += 1
                m, v = state["m"].lerp_(w.grad, 1 - beta1), state["v"].mul_(beta2).addcmul_(w.grad, w.grad, value=1 - beta2)
                u = m / (1 - beta1 ** state["t"]) / ((v / (1 - beta2 ** state["t"])).sqrt() + group["eps"]) + decay * w
                length, norm = w.norm(), u.norm()
                w.sub_(group["lr"] * (length / norm if decay > 0 and length > 0 and norm > 0 else 1) * u)


model = Decoder()
own = parameters(model)
assert own.keys() == given.keys() and len(own) == sum(1 for _ in model.parameters()), set(own) ^ set(given)
with torch.no_grad():
    for name, parameter in own.items():
        parameter.copy_(given[name])
groups = [
    {"params": [p for name, p in own.items() if kinds[name] == "weight"], "weight_decay": settings["weightDecay"]},
    {"params": [p for name, p in own.items() if kinds[name] != "weight"], "weight_decay": 0.0},
]
rule = {"adamw": torch.optim.AdamW, "lamb": Lamb}[settings["optimizer"]]
optimizer = rule(groups, lr=settings["lr"], betas=tuple(settings["betas"]), eps=settings["epsilon"])


def loss_of(runs):
    """[examples, context + 1] → the mean over all next tokens."""
    return F.cross_entropy(model(runs[:, :-1]).flatten(0, 1), runs[:, 1:].flatten())


read = lambda name: torch.from_numpy(np.fromfile(at(name), np.int32).astype(np.int64)).view(-1, context + 1)
for runs in read("batches.bin").split(settings["batch"]):
    loss = loss_of(runs)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(repr(loss.item()))
validation = read("validation.bin")
with torch.no_grad():
    print(repr(sum(loss_of(runs).item() * len(runs) for runs in validation.split(256)) / len(validation)))
