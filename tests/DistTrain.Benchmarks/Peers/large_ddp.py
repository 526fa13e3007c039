"""resnet50 or bert in plain PyTorch over DistributedDataParallel and gloo, on noise: prints one JSON line with the seconds of each step of rank 0, and the processor's
seconds of all ranks behind the skipped steps.

usage: large_ddp.py SETTINGS   SETTINGS is a JSON object: model, world, batch (over all ranks), steps, skipped; side, width or width, depth, heads, context, tokens, told
"""
import json
import os
import socket
import sys
import time

# Debian's BLAS does not hear torch.set_num_threads.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", GLOO_SOCKET_IFNAME="lo", USE_LIBUV="0")
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from torch import nn
from torch.nn.parallel import DistributedDataParallel


class Bottleneck(nn.Module):
    """torchvision's: the stride is in the middle."""

    def __init__(self, inputs, middle, stride):
        super().__init__()
        outputs = 4 * middle
        self.conv1, self.bn1 = nn.Conv2d(inputs, middle, 1, bias=False), nn.BatchNorm2d(middle)
        self.conv2, self.bn2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False), nn.BatchNorm2d(middle)
        self.conv3, self.bn3 = nn.Conv2d(middle, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.downsample = None if stride == 1 and inputs == outputs else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


def resnet50(width):
    layers, inputs = [nn.Conv2d(1, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)], width
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(inputs, width << stage, 2 if block == 0 and stage > 0 else 1))
            inputs = 4 * (width << stage)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention, self.norm1, self.norm2 = nn.MultiheadAttention(width, heads, batch_first=True), nn.LayerNorm(width), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = self.norm1(x + self.attention(x, x, x, need_weights=False)[0])
        return self.norm2(x + self.fc2(F.gelu(self.fc1(x))))


class Bert(nn.Module):
    def __init__(self, tokens, context, width, depth, heads):
        super().__init__()
        self.embedding, self.positions, self.norm = nn.Embedding(tokens, width), nn.Embedding(context, width), nn.LayerNorm(width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.transform, self.norm2, self.bias = nn.Linear(width, width), nn.LayerNorm(width), nn.Parameter(torch.zeros(tokens))

    def forward(self, x):
        y = self.blocks(self.norm(self.embedding(x) + self.positions.weight))
        return F.linear(self.norm2(F.gelu(self.transform(y))), self.embedding.weight, self.bias)


def train(rank, settings, port):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=settings["world"])
    own = settings["batch"] // settings["world"]
    if settings["model"] == "resnet50":
        model = resnet50(settings["width"])
        x, labels = torch.rand(own, 1, settings["side"], settings["side"]), torch.randint(0, 10, (own,))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    else:
        size = [settings[name] for name in ("tokens", "context", "width", "depth", "heads")]
        model = Bert(*size)
        x = torch.randint(0, size[0], (own, size[1]))
        labels = torch.where(torch.rand(own, size[1]) < settings["told"], x, -100).flatten()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    parameters = sum(p.numel() for p in model.parameters())
    net, seconds = DistributedDataParallel(model), []
    for step in range(settings["steps"]):
        if step == settings["skipped"]:
            taken = time.process_time()
        begin = time.perf_counter()
        optimizer.zero_grad()
        scores = net(x)
        F.cross_entropy(scores.flatten(0, -2), labels).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    taken = torch.tensor(time.process_time() - taken)
    dist.all_reduce(taken)
    if rank == 0:
        print(json.dumps({"parameters": parameters, "seconds": seconds, "processor": taken.item()}), flush=True)
    # Ending the group by order has hung (PyTorch 2.6, gloo); all is done.
    time.sleep(0.3)
    os._exit(0)


if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = free.getsockname()[1]
    given = json.loads(sys.argv[1])
    mp.spawn(train, (given, chosen), nprocs=given["world"], join=True)
