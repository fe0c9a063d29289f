#!/usr/bin/env python3
"""PyTorch as a peer: the plain loop of a training step, without DataLoader, on tensors that lie in memory."""

import ctypes
import sys

from peer import Problem, end, load_idx, serve

try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    end(missing="python3-torch")

ACTIVATIONS = {
    "identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU,
    "leaky-relu": lambda: nn.LeakyReLU(0.01), "softplus": nn.Softplus,
}

LOSSES = {
    "half-squares": lambda out, y: 0.5 * F.mse_loss(out, y, reduction="sum") / len(y),
    "mean-squares": F.mse_loss,
    "logistic": F.binary_cross_entropy_with_logits,  # the output layer's sigmoid is in it
    "cross-entropy": F.cross_entropy,                # the softmax is in it
    "huber": F.smooth_l1_loss,
}


def limit_blas(threads):
    """torch.set_num_threads does not reach an OpenBLAS that keeps threads of its own, as Debian's does."""
    for name in ("libblas.so.3", "libopenblas.so.0"):
        try:
            ctypes.CDLL(name).openblas_set_num_threads(threads)
        except (OSError, AttributeError):
            pass  # another BLAS, or none of that name


def make_network(problem):
    modules = []
    for weight, bias in problem.weights:
        linear = nn.Linear(*weight.shape[::-1])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        modules += [linear, ACTIVATIONS[problem.hidden]()]
    modules.pop()
    if problem.loss not in ("logistic", "cross-entropy"):
        modules.append(ACTIVATIONS[problem.output]())
    return nn.Sequential(*modules).to(getattr(torch, problem.dtype()))


def make_optimizer(problem, parameters):
    o = problem.optimizer
    if o["kind"] in ("adam", "adamw"):
        kind = torch.optim.Adam if o["kind"] == "adam" else torch.optim.AdamW
        return kind(parameters, lr=o["rate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], weight_decay=0)
    momentum = 0 if o["kind"] == "sgd" else o["momentum"]
    return torch.optim.SGD(parameters, lr=o["rate"], momentum=momentum, nesterov=o["kind"] == "nesterov")


def main():
    problem = Problem(sys.argv[1], np)
    if problem.threads:
        torch.set_num_threads(problem.threads)
        limit_blas(problem.threads)
    torch.set_flush_denormal(True)
    network = make_network(problem)
    optimizer = make_optimizer(problem, network.parameters())
    loss_of = LOSSES[problem.loss]

    def train(x, y):
        loss = loss_of(network(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def batches(array):
        return torch.from_numpy(array.astype(problem.dtype())).split(problem.batch)

    xs, ys = batches(problem.x), batches(problem.y)
    if problem.loss == "cross-entropy":
        ys = [y.argmax(dim=1) for y in ys]  # class indices are its faster form
    done = 0

    def step(count):
        nonlocal done
        loss = torch.zeros(())
        for _ in range(count):
            loss = train(xs[done % len(xs)], ys[done % len(xs)])
            done += 1
        return loss.item()

    if problem.data:
        (x, y), test = ([torch.from_numpy(a) for a in load_idx(problem.data, part, np)] for part in ("train", "t10k"))

    def epoch():
        total = torch.zeros(())
        order = torch.randperm(len(x)).split(problem.batch)
        for rows in order:
            total += train(x.index_select(0, rows), y.index_select(0, rows))
        return total.item() / len(order), len(x), accuracy

    @torch.no_grad()
    def accuracy():
        hits = sum((network(a).argmax(dim=1) == b).sum() for a, b in zip(test[0].split(1000), test[1].split(1000)))
        return hits.item() / len(test[0])

    serve(f"PyTorch {torch.__version__}", f"{torch.get_num_threads()} threads, denormals flushed", step, epoch)


main()
