"""Reference numbers of the built-in transformer, and of each of its layers, by PyTorch's own modules: prints transformer.json. Run with PyTorch 2.6."""
import json
import torch
from torch import nn

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
tokens, context, width, depth, heads, examples = 7, 6, 8, 2, 2, 3


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, attn_mask=nn.Transformer.generate_square_subsequent_mask(context), need_weights=False, is_causal=True)[0]
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.positions = nn.Embedding(tokens, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block() for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, tokens)

    def forward(self, x):
        y = self.embedding(x) + self.positions.weight
        for block in self.blocks:
            y = block(y)
        return self.head(self.norm(y))


def names(model):
    """Our names, in the order of our layout, with the parameters that they stand for."""
    yield "embedding1.weight", model.embedding.weight
    yield "positions1.weight", model.positions.weight
    for i, block in enumerate(model.blocks):
        yield f"norm{2 * i + 1}.weight", block.norm1.weight
        yield f"norm{2 * i + 1}.bias", block.norm1.bias
        yield f"attention{i + 1}.in_proj_weight", block.attention.in_proj_weight
        yield f"attention{i + 1}.in_proj_bias", block.attention.in_proj_bias
        yield f"attention{i + 1}.out_proj.weight", block.attention.out_proj.weight
        yield f"attention{i + 1}.out_proj.bias", block.attention.out_proj.bias
        yield f"norm{2 * i + 2}.weight", block.norm2.weight
        yield f"norm{2 * i + 2}.bias", block.norm2.bias
        yield f"fc{2 * i + 1}.weight", block.fc1.weight
        yield f"fc{2 * i + 1}.bias", block.fc1.bias
        yield f"fc{2 * i + 2}.weight", block.fc2.weight
        yield f"fc{2 * i + 2}.bias", block.fc2.bias
    yield f"norm{2 * depth + 1}.weight", model.norm.weight
    yield f"norm{2 * depth + 1}.bias", model.norm.bias
    yield f"fc{2 * depth + 1}.weight", model.head.weight
    yield f"fc{2 * depth + 1}.bias", model.head.bias


model = Decoder()
with torch.no_grad():
    for _, parameter in names(model):
        parameter.copy_(0.4 * torch.randn_like(parameter) + (1 if parameter.ndim == 1 and parameter.shape[0] == width else 0) * 0.5)
        # float32 has all of them.
        parameter.copy_(parameter.float().double())
text = torch.randint(0, tokens, (examples * context + 1,))
inputs, labels = text[:-1].view(examples, context), text[1:].view(examples, context)
scores = model(inputs)
loss = nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten())
loss.backward()
x = torch.linspace(-4, 4, 9, requires_grad=True)
silu = nn.functional.silu(x)
silu.sum().backward()
print(json.dumps({
    "tokens": tokens, "context": context, "width": width, "depth": depth, "heads": heads, "text": text.tolist(),
    "parameters": {name: p.detach().flatten().tolist() for name, p in names(model)},
    "gradients": {name: p.grad.flatten().tolist() for name, p in names(model)},
    "scores": scores.detach().flatten().tolist(), "loss": loss.item(),
    "right": (scores.argmax(2) == labels).sum().item(),
    "silu": {"x": x.tolist(), "y": silu.detach().tolist(), "dx": x.grad.tolist()},
}))
