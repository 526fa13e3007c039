"""Reference numbers of the losses of classification and regression, by PyTorch's own functions: prints tasks.json. Run with PyTorch 2.6.

A net of one hidden layer, its loss as a mean over all examples, gradient, and the product of its Hessian with a direction.
"""
import json
import torch
from torch import nn

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
examples, features, hidden, classes = 12, 3, 4, 5


def short(tensor):
    """float32 has all of it."""
    return tensor.float().double()


inputs = short(torch.randn(examples, features))
labels = torch.randint(0, classes, (examples,))
numbers = short(2 * torch.randn(examples))
weights = torch.tensor([0.5, 2.0, 1.25, 3.0, 0.75])
functional = nn.functional
cases = {
    "plain": (classes, {}, lambda s: functional.cross_entropy(s, labels)),
    "smooth": (classes, {"smoothing": 0.1}, lambda s: functional.cross_entropy(s, labels, label_smoothing=0.1)),
    "weighted": (classes, {"classWeights": weights.tolist()}, lambda s: functional.cross_entropy(s, labels, weight=weights)),
    "both": (classes, {"smoothing": 0.3, "classWeights": weights.tolist(), "topK": 2}, lambda s: functional.cross_entropy(s, labels, weight=weights, label_smoothing=0.3)),
    "squared": (1, {"name": "regression"}, lambda s: functional.mse_loss(s.flatten(), numbers)),
    "huber": (1, {"name": "regression", "loss": "huber", "delta": 0.7}, lambda s: functional.huber_loss(s.flatten(), numbers, delta=0.7)),
}


def told(scores):
    if scores.shape[1] > 1:
        top = scores.topk(2, dim=1).indices.eq(labels[:, None]).any(1)
        return {"accuracy": (scores.argmax(1) == labels).double().mean().item(), "top2": top.double().mean().item()}
    error = scores.flatten() - numbers
    return {"r2": (1 - error.square().sum() / (numbers - numbers.mean()).square().sum()).item(), "mae": error.abs().mean().item()}


found = {}
for name, (outputs, task, loss_of) in cases.items():
    model = nn.Sequential(nn.Linear(features, hidden), nn.Tanh(), nn.Linear(hidden, outputs))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(short(torch.randn_like(parameter)))
    direction = [short(torch.randn_like(parameter)) for parameter in model.parameters()]
    scores = model(inputs)
    loss = loss_of(scores)
    gradient = torch.autograd.grad(loss, list(model.parameters()), create_graph=True)
    slope = sum((g * v).sum() for g, v in zip(gradient, direction))
    product = torch.autograd.grad(slope, list(model.parameters()))
    flat = lambda parts: torch.cat([part.detach().flatten() for part in parts]).tolist()
    found[name] = {
        "task": task, "outputs": outputs, "loss": loss.item(), **told(scores.detach()),
        "parameters": flat(model.parameters()), "direction": flat(direction), "gradient": flat(gradient), "product": flat(product),
    }
print(json.dumps({
    "features": features, "hidden": hidden, "inputs": inputs.flatten().tolist(), "labels": labels.tolist(), "numbers": numbers.tolist(), "cases": found,
}))
