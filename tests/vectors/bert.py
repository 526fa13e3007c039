"""Reference numbers of the built-in bert with hidden tokens and padding, by PyTorch's own modules: prints bert.json. Run with PyTorch 2.6.

What is hidden is drawn here anew, from the definition: Philox4x32-10 keyed by (seed, 9, group, epoch, example).
"""
import json
import torch
from torch import nn

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
ordinary, context, width, depth, heads = 9, 6, 8, 2, 2
padding, mask, tokens = ordinary, ordinary + 1, ordinary + 2
lengths = [6, 3, 5, 1, 6, 4]
seed, group, epoch, share, masked, random = 5, 0, 2, 0.4, 0.5, 0.25
M32, M64 = 2**32 - 1, 2**64 - 1


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M64
    return z ^ (z >> 31)


class Random:
    def __init__(self, example, draw=9):
        key = mix(mix(seed & M64) ^ draw)
        self.key, self.stream = (key & M32, key >> 32), mix((mix(mix(group & M64) ^ (epoch & M64)) + example) & M64)
        self.counter, self.words = 0, []

    def word(self):
        if not self.words:
            c, (k0, k1) = [self.counter & M32, self.counter >> 32, self.stream & M32, self.stream >> 32], self.key
            for _ in range(10):
                p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
                c = [(p1 >> 32) ^ c[1] ^ k0, p1 & M32, (p0 >> 32) ^ c[3] ^ k1, p0 & M32]
                k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
            self.words, self.counter = c, self.counter + 1
        return self.words.pop(0)

    def below(self, bound):
        while True:
            product = self.word() * bound
            if (product & M32) >= (2**32 - bound) % bound:
                return product >> 32

    def share(self):
        high, low = self.word() >> 5, self.word() >> 6
        return ((high << 26) | low) / 2**53


def hide(example, run):
    """What stands in the places of a run's tokens, and its labels: -100 is none."""
    draws, wanted, stands, labels = Random(example), max(1, round(share * len(run))), list(run), [-100] * len(run)
    for place in range(len(run)):
        if wanted == 0 or draws.below(len(run) - place) >= wanted:
            continue
        wanted, chance, labels[place] = wanted - 1, draws.share(), run[place]
        stands[place] = mask if chance < masked else draws.below(ordinary) if chance < masked + random else run[place]
    return stands, labels


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention, self.norm1, self.norm2 = nn.MultiheadAttention(width, heads, batch_first=True), nn.LayerNorm(width), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, unseen):
        x = self.norm1(x + self.attention(x, x, x, key_padding_mask=unseen, need_weights=False)[0])
        return self.norm2(x + self.fc2(nn.functional.gelu(self.fc1(x))))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions, self.norm = nn.Embedding(tokens, width), nn.Embedding(context, width), nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.transform, self.norm2, self.bias = nn.Linear(width, width), nn.LayerNorm(width), nn.Parameter(torch.zeros(tokens))

    def forward(self, x, unseen):
        y = self.norm(self.embedding(x) + self.positions.weight)
        for block in self.blocks:
            y = block(y, unseen)
        return self.norm2(nn.functional.gelu(self.transform(y))) @ self.embedding.weight.T + self.bias


def names(model):
    """Our names, in the order of our layout, with the parameters that they stand for."""
    def both(name, module):
        yield f"{name}.weight", module.weight
        yield f"{name}.bias", module.bias
    yield "embedding1.weight", model.embedding.weight
    yield "positions1.weight", model.positions.weight
    yield from both("norm1", model.norm)
    for i, block in enumerate(model.blocks):
        yield f"attention{i + 1}.in_proj_weight", block.attention.in_proj_weight
        yield f"attention{i + 1}.in_proj_bias", block.attention.in_proj_bias
        yield from both(f"attention{i + 1}.out_proj", block.attention.out_proj)
        yield from both(f"norm{2 * i + 2}", block.norm1)
        yield from both(f"fc{2 * i + 1}", block.fc1)
        yield from both(f"fc{2 * i + 2}", block.fc2)
        yield from both(f"norm{2 * i + 3}", block.norm2)
    yield from both(f"fc{2 * depth + 1}", model.transform)
    yield from both(f"norm{2 * depth + 2}", model.norm2)
    yield "unembedding1.bias", model.bias


model = Encoder()
with torch.no_grad():
    for name, parameter in names(model):
        parameter.copy_(0.4 * torch.randn_like(parameter) + (1 if "norm" in name else 0) * 0.5)
        # float32 has all of them.
        parameter.copy_(parameter.float().double())
text = torch.randint(0, ordinary, (sum(lengths),)).tolist()
runs = [text[sum(lengths[:i]):sum(lengths[:i + 1])] for i in range(len(lengths))]
hidden = [hide(i, run) for i, run in enumerate(runs)]
inputs = torch.tensor([stands + [padding] * (context - len(stands)) for stands, _ in hidden])
labels = torch.tensor([told + [-100] * (context - len(told)) for _, told in hidden])
scores = model(inputs, inputs == padding)
loss = nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten())
loss.backward()
print(json.dumps({
    "ordinary": ordinary, "context": context, "width": width, "depth": depth, "heads": heads, "lengths": lengths, "text": text,
    "seed": seed, "group": group, "epoch": epoch, "share": share, "masked": masked, "random": random,
    "inputs": inputs.tolist(), "labels": labels.tolist(),
    "parameters": {name: p.detach().flatten().tolist() for name, p in names(model)},
    "gradients": {name: p.grad.flatten().tolist() for name, p in names(model)},
    "loss": loss.item(), "told": (labels >= 0).sum().item(), "right": (scores.argmax(2) == labels).sum().item(),
}))
