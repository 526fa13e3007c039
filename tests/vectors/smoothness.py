"""Reference numbers of smoothness along the gradient (1805.11604), by PyTorch's own modules: prints smoothness.json. Run with PyTorch 2.6."""
import json
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import parameters_to_vector, vector_to_parameters

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
examples, features, hidden, classes, rate = 12, 4, 5, 3, 0.3
# What float32 holds, as our data and versions are.
X, y = torch.randn(examples, features).float().double(), torch.randint(classes, (examples,))


def net(norm):
    layers = [nn.Linear(features, hidden), *norm, nn.Tanh(), nn.Linear(hidden, classes)]
    model = nn.Sequential(*layers)
    vector_to_parameters(torch.randn(sum(p.numel() for p in model.parameters())).mul(0.7).float().double(), model.parameters())
    return model


def gradient(model, w, parts):
    """Mean loss over all examples and its gradient; the norm takes its statistics over each part."""
    vector_to_parameters(w, model.parameters())
    model.train()
    loss = sum(cross_entropy(model(X[part]), y[part], reduction="sum") for part in parts) / examples
    return loss.item(), parameters_to_vector(torch.autograd.grad(loss, list(model.parameters()))).detach()


def look(norm, parts):
    model = net(norm)
    w = parameters_to_vector(model.parameters()).detach().clone()
    loss, g = gradient(model, w, parts)
    losses, changes, beta = [], [], 0
    for half in range(1, 9):
        step = rate * half / 2 * g
        there, other = gradient(model, w - step, parts)
        losses.append(there)
        changes.append((other - g).norm().item())
        beta = max(beta, changes[-1] / step.norm().item())
    return {"theta": w.tolist(), "loss": loss, "gradientNorm": g.norm().item(), "beta": beta,
            "lossLow": min(losses), "lossHigh": max(losses), "changeLow": min(changes), "changeHigh": max(changes)}


whole, halves = [slice(0, examples)], [slice(0, examples // 2), slice(examples // 2, examples)]
print(json.dumps({
    "rate": rate, "hidden": hidden, "classes": classes, "X": X.flatten().tolist(), "y": y.tolist(),
    "none": look([], whole),
    "local": look([nn.BatchNorm1d(hidden)], halves),
    "global": look([nn.BatchNorm1d(hidden)], whole),
    "layer": look([nn.LayerNorm(hidden)], whole),
}))
