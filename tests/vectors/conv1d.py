"""Reference numbers of convolutions along sequences by PyTorch's nn.Conv1d: prints conv1d.json. Run with PyTorch 2.6.

Texts are computed one by one, so that none of them has padding.
"""
import json
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
tokens, context, lengths = 7, 6, [6, 3, 5, 1, 6, 4]


class Along(nn.Module):
    """[n, t, in] -> [n, t', out]."""

    def __init__(self, *sizes, before=0, behind=0, **options):
        super().__init__()
        self.conv, self.pad = nn.Conv1d(*sizes, **options), (before, behind)

    def forward(self, x):
        return self.conv(F.pad(x.transpose(1, 2), self.pad)).transpose(1, 2)


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.body(x)


class Turned(nn.Module):
    """A pool of [n, d, t], of [n, t, d]."""

    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def forward(self, x):
        return self.pool(x.transpose(1, 2)).transpose(1, 2)


class Rows(nn.Module):
    def forward(self, x):
        return x.unsqueeze(2)


def case(layers, model, losses):
    """losses: of the model a sum of losses, and by how much it is divided."""
    convolutions, linear = [m for m in model.modules() if isinstance(m, nn.Conv1d)], [m for m in model.modules() if isinstance(m, nn.Linear)]
    named = [(f"embedding{i + 1}", m) for i, m in enumerate(m for m in model.modules() if isinstance(m, nn.Embedding))]
    named += [(f"conv{i + 1}", m) for i, m in enumerate(convolutions)] + [(f"fc{i + 1}", m) for i, m in enumerate(linear)]
    parameters = [(f"{name}.{part}", p) for name, m in named for part, p in m.named_parameters()]
    with torch.no_grad():
        for _, p in parameters:
            # float32 has all of them.
            p.copy_((0.5 * torch.randn_like(p)).float().double())
    total, count = losses(model)
    (total / count).backward()
    return {
        "layers": layers, "loss": total.item() / count,
        "parameters": {name: p.detach().flatten().tolist() for name, p in parameters},
        "gradients": {name: p.grad.flatten().tolist() for name, p in parameters},
    }


rows = torch.randn(5, 9).float().double()
classes = torch.randint(0, 3, (5,))
text = torch.randint(0, tokens, (sum(lengths) + 1,))
starts = [sum(lengths[:i]) for i in range(len(lengths))]
of_rows = lambda model: (F.cross_entropy(model(rows), classes, reduction="sum"), len(rows))
of_texts = lambda model: (sum(F.cross_entropy(model(text[s:s + n].unsqueeze(0))[0], text[s + 1:s + n + 1], reduction="sum") for s, n in zip(starts, lengths)), sum(lengths))
print(json.dumps({
    "rows": rows.flatten().tolist(), "features": 9, "classes": classes.tolist(), "tokens": tokens, "context": context, "lengths": lengths, "text": text.tolist(),
    "of_rows": case(
        "[conv1d: {out: 4, kernel: 3, stride: 2, padding: 1}, gelu, conv1d: {out: 8, kernel: 3, groups: 4, causal: true}, tanh, conv1d: {out: 3, kernel: 2, bias: false}, flatten, linear: 3]",
        nn.Sequential(Rows(), Along(1, 4, 3, stride=2, before=1, behind=1), nn.GELU(), Along(4, 8, 3, groups=4, before=2), nn.Tanh(), Along(8, 3, 2, bias=False), nn.Flatten(), nn.Linear(12, 3)),
        of_rows),
    "of_texts": case(
        "[embedding: 6, conv1d: {out: 6, kernel: 3, padding: 1, groups: 6}, gelu, residual: [conv1d: {out: 6, kernel: 5, padding: 2, groups: 2}], conv1d: {out: 8, kernel: 1}, tanh, linear: 7]",
        nn.Sequential(nn.Embedding(tokens, 6), Along(6, 6, 3, groups=6, before=1, behind=1), nn.GELU(), Residual(Along(6, 6, 5, groups=2, before=2, behind=2)), Along(6, 8, 1), nn.Tanh(), nn.Linear(8, tokens)),
        of_texts),
    "of_next_tokens": case(
        "[embedding: 6, conv1d: {out: 6, kernel: 3, causal: true, groups: 6}, gelu, residual: [conv1d: {out: 6, kernel: 4, causal: true}], linear: 7]",
        nn.Sequential(nn.Embedding(tokens, 6), Along(6, 6, 3, groups=6, before=2), nn.GELU(), Residual(Along(6, 6, 4, before=3)), nn.Linear(6, tokens)),
        of_texts),
    "of_pools": case(
        "[conv1d: {out: 4, kernel: 3, padding: 1}, maxPool: {size: 3, stride: 2, padding: 1}, conv1d: {out: 6, kernel: 2}, tanh, averagePool: {size: 2, stride: 1}, globalAveragePool, linear: 3]",
        nn.Sequential(
            Rows(), Along(1, 4, 3, before=1, behind=1), Turned(nn.MaxPool1d(3, 2, 1)), Along(4, 6, 2), nn.Tanh(), Turned(nn.AvgPool1d(2, 1)),
            Turned(nn.AdaptiveAvgPool1d(1)), nn.Flatten(), nn.Linear(6, 3)),
        of_rows),
}))
