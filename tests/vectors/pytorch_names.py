"""What PyTorch's modules call the tensors of the built-in models, and what they compute: writes pytorch_names.json, and a .safetensors file of each small
model, into the folder given. Run with PyTorch 2.6. The modules are written here anew, with the names that torchvision and Hugging Face's transformers
have published.
"""
import json
import struct
import sys
import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)


class Basic(nn.Module):
    growth = 1

    def __init__(self, inner, width, stride, projects):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inner, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.downsample = nn.Sequential(nn.Conv2d(inner, width, 1, stride, bias=False), nn.BatchNorm2d(width)) if projects else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class Bottleneck(nn.Module):
    growth = 4

    def __init__(self, inner, width, stride, projects):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.downsample = nn.Sequential(nn.Conv2d(inner, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)) if projects else None

    def forward(self, x):
        y = self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


def stages(model, block, counts, width, projects):
    """layer1, layer2, ...: twice as wide each, half as large from the second on."""
    inner = width
    for i, count in enumerate(counts):
        wide, blocks = width * 2**i, []
        for j in range(count):
            stride = 2 if i > 0 and j == 0 else 1
            blocks.append(block(inner, wide, stride, projects and (stride > 1 or inner != block.growth * wide)))
            inner = block.growth * wide
        setattr(model, f"layer{i + 1}", nn.Sequential(*blocks))
    return inner


class ResNet(nn.Module):
    def __init__(self, block, counts, width=64, classes=1000):
        super().__init__()
        self.conv1, self.bn1, self.maxpool = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.MaxPool2d(3, 2, 1)
        self.fc = nn.Linear(stages(self, block, counts, width, projects=True), classes)

    def forward(self, x):
        x = self.maxpool(self.bn1(self.conv1(x)).relu())
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))


class ResNet20(nn.Module):
    """Names alone: its blocks have shortcuts without parameters."""
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.fc = nn.Linear(stages(self, Basic, [3, 3, 3], 16, projects=False), 10)


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.self, self.output = nn.Module(), nn.Module()
        self.self.query, self.self.key, self.self.value = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(width, width)
        self.output.dense, self.output.LayerNorm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, heads):
        q, k, v = (part(x).unflatten(2, (heads, -1)).transpose(1, 2) for part in (self.self.query, self.self.key, self.self.value))
        seen = (q @ k.transpose(2, 3) / q.shape[3]**0.5).softmax(3) @ v
        return self.output.LayerNorm(x + self.output.dense(seen.transpose(1, 2).flatten(2)))


class BertLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention, self.intermediate, self.output = Attention(width), nn.Module(), nn.Module()
        self.intermediate.dense = nn.Linear(width, 4 * width)
        self.output.dense, self.output.LayerNorm = nn.Linear(4 * width, width), nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, heads):
        x = self.attention(x, heads)
        return self.output.LayerNorm(x + self.output.dense(functional.gelu(self.intermediate.dense(x))))


class Bert(nn.Module):
    """With all that a file of BERT has beside what hidden tokens need: the pooler, whether two sentences follow each other, numbers of places."""
    def __init__(self, tokens, places, width, depth, heads):
        super().__init__()
        self.heads, self.bert, self.cls = heads, nn.Module(), nn.Module()
        inputs = self.bert.embeddings = nn.Module()
        inputs.word_embeddings, inputs.position_embeddings, inputs.token_type_embeddings = nn.Embedding(tokens, width), nn.Embedding(places, width), nn.Embedding(2, width)
        inputs.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        inputs.register_buffer("position_ids", torch.arange(places)[None])
        self.bert.pooler, self.cls.seq_relationship = nn.Module(), nn.Linear(width, 2)
        self.bert.pooler.dense = nn.Linear(width, width)
        self.bert.encoder = nn.Module()
        self.bert.encoder.layer = nn.ModuleList(BertLayer(width) for _ in range(depth))
        head = self.cls.predictions = nn.Module()
        head.bias, head.transform = nn.Parameter(torch.zeros(tokens)), nn.Module()
        head.transform.dense, head.transform.LayerNorm = nn.Linear(width, width), nn.LayerNorm(width, eps=1e-12)
        head.decoder = nn.Linear(width, tokens)
        head.decoder.weight, head.decoder.bias = inputs.word_embeddings.weight, head.bias

    def forward(self, x):
        inputs, head = self.bert.embeddings, self.cls.predictions
        y = inputs.LayerNorm(inputs.word_embeddings(x) + inputs.token_type_embeddings.weight[0] + inputs.position_embeddings.weight[: x.shape[1]])
        for layer in self.bert.encoder.layer:
            y = layer(y, self.heads)
        return head.transform.LayerNorm(functional.gelu(head.transform.dense(y))) @ head.decoder.weight.T + head.bias


def draw(model):
    """
    Numbers that float32 has, none of them one that could be left out. What a block of a residual network adds is small, and so are its scores: with
    norms over few numbers PyTorch's own gradients in float32 and float64 would else differ by more than 1e-5.
    """
    small = {f"{name}.bn{2 if isinstance(block, Basic) else 3}.weight": 0.1 for name, block in model.named_modules() if isinstance(block, (Basic, Bottleneck))}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.dtype == torch.int64:
                continue
            scales = tensor.ndim == 1 and name.endswith("weight")
            factor = 0.25 if name == "fc.weight" else small.get(name, 1)
            drawn = 0.3 * torch.randn_like(tensor) + (1 if scales else 0) if tensor.ndim < 2 or isinstance(model, Bert) else torch.randn_like(tensor) / tensor[0].numel()**0.5
            tensor.copy_((drawn.abs() + 0.5 if "running_var" in name else factor * drawn).float().double())


def save(path, model):
    """https://github.com/huggingface/safetensors#format"""
    header, data = {}, b""
    for name, tensor in model.state_dict().items():
        whole = tensor.dtype == torch.int64
        values = tensor.numpy().tobytes() if whole else tensor.float().numpy().tobytes()
        header[name] = {"dtype": "I64" if whole else "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def shapes(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def numbers(tensor):
    return [float(f"{value:.14g}") for value in tensor.detach().flatten().tolist()]


def of_images(name, model, classes, examples=6, side=48):
    """Scores in evaluation, and the gradient of the mean loss in training, of one batch."""
    draw(model)
    save(f"{sys.argv[1]}/pytorch_{name}.safetensors", model)
    pixels = torch.tensor([(i * 7919 % 1009) / 1009 for i in range(examples * 3 * side * side)]).float().double().view(examples, 3, side, side)
    labels = torch.tensor([i % classes for i in range(examples)])
    scores = model.eval()(pixels)
    loss = functional.cross_entropy(model.train()(pixels), labels)
    loss.backward()
    return {"side": side, "scores": numbers(scores), "loss": loss.item(), "gradients": {key: numbers(p.grad) for key, p in model.named_parameters()}}


def of_tokens():
    tokens, places, width, depth, heads, examples = 11, 6, 8, 2, 2, 3
    model = Bert(tokens, places, width, depth, heads)
    draw(model)
    save(f"{sys.argv[1]}/pytorch_bert.safetensors", model)
    text = torch.randint(0, tokens, (examples, places))
    return {"tokens": tokens, "places": places, "width": width, "depth": depth, "heads": heads, "text": text.flatten().tolist(), "scores": numbers(model(text))}


def hidden(width, inner, norm):
    return [nn.Linear(inner, width)] + ([nn.BatchNorm1d(width)] if norm else []) + [nn.ReLU()]


def convolution(width, inner, norm):
    return [nn.Conv2d(inner, width, 3)] + ([nn.BatchNorm2d(width)] if norm else []) + [nn.ReLU()]


def mlp(norm):
    return nn.Sequential(nn.Flatten(), *hidden(512, 784, norm), *hidden(512, 512, norm), nn.Linear(512, 10))


def cnn(norm):
    return nn.Sequential(*convolution(32, 1, norm), *convolution(64, 32, norm), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10))


with open(f"{sys.argv[1]}/pytorch_names.json", "w") as file:
    json.dump({
        "shapes": {
            "softmax": shapes(nn.Sequential(nn.Flatten(), nn.Linear(784, 10))),
            "mlp": shapes(mlp(False)), "mlp batch": shapes(mlp(True)), "cnn": shapes(cnn(False)), "cnn batch": shapes(cnn(True)), "resnet20": shapes(ResNet20()),
            "resnet18": shapes(ResNet(Basic, [2, 2, 2, 2])), "resnet50": shapes(ResNet(Bottleneck, [3, 4, 6, 3])),
        },
        "bert": of_tokens(),
        "resnet18": of_images("resnet18", ResNet(Basic, [2, 2, 2, 2], width=2, classes=5), 5),
        "resnet50": of_images("resnet50", ResNet(Bottleneck, [3, 4, 6, 3], width=1, classes=5), 5),
    }, file)
