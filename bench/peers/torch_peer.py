#!/usr/bin/env python3
"""PyTorch as a peer: a plain training loop, without DataLoader, on tensors in memory."""

import copy
import ctypes
import os
import sys
import time

from peer import Problem, end, load_idx, serve

# Before PyTorch loads its OpenMP: threads of OpenMP that spin take the cores from those of OpenBLAS, which spin, too;
# that makes two threads three times slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

try:
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError:
    end(missing="python3-torch")

ACTIVATIONS = {
    "identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU,
    "leaky-relu": lambda: nn.LeakyReLU(0.01), "softplus": nn.Softplus, "elu": nn.ELU,
    "silu": nn.SiLU, "mish": nn.Mish,
}

LOSSES = {
    "half-squares": lambda out, y: 0.5 * F.mse_loss(out, y, reduction="sum") / len(y),
    "mean-squares": F.mse_loss,
    "logistic": F.binary_cross_entropy_with_logits,  # the output layer's sigmoid is in it
    "cross-entropy": F.cross_entropy,                # the softmax is in it
    "huber": F.smooth_l1_loss,
    "mean-absolute": F.l1_loss,
    "poisson": F.poisson_nll_loss,                   # the exp is in it
}


TRIALS = 3            # of each setting, in turns; the best of each counts
TRIAL_SECONDS = 0.05  # for each of them, but at least two steps


def set_threads(own, blas):
    """torch.set_num_threads does not reach an OpenBLAS that keeps threads of its own, as Debian's does."""
    torch.set_num_threads(own)
    for name in ("libblas.so.3", "libopenblas.so.0"):
        try:
            ctypes.CDLL(name).openblas_set_num_threads(blas)
        except (OSError, AttributeError):
            pass  # another BLAS, or none of that name


def trial(step):
    """Seconds of a step."""
    count, start = 0, time.perf_counter()
    while count < 2 or time.perf_counter() - start < TRIAL_SECONDS:
        step()
        count += 1
    return (time.perf_counter() - start) / count


def choose_threads(threads, step):
    """Sets the fastest threads of PyTorch and of OpenBLAS: all for both, for one of them, or for none."""
    if threads == 1:
        set_threads(1, 1)
        return ""
    settings = [(1, 1), (1, threads), (threads, 1), (threads, threads)]
    seconds = dict.fromkeys(settings, float("inf"))
    for _ in range(TRIALS):
        for setting in settings:
            set_threads(*setting)
            step()
            seconds[setting] = min(seconds[setting], trial(step))
    best = min(settings, key=seconds.get)
    set_threads(*best)
    return "fastest with {} of its own threads, {} of OpenBLAS".format(*best)


def make_network(problem):
    modules = []
    for weight, bias in problem.weights:
        linear = nn.Linear(*weight.shape[::-1])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        modules += [linear, ACTIVATIONS[problem.hidden]()]
    modules.pop()
    if problem.loss not in ("logistic", "cross-entropy", "poisson"):
        modules.append(ACTIVATIONS[problem.output]())
    return nn.Sequential(*modules).to(getattr(torch, problem.dtype()))


def make_optimizer(problem, parameters):
    o = problem.optimizer
    if o["kind"] in ("adam", "adamw"):
        kind = torch.optim.Adam if o["kind"] == "adam" else torch.optim.AdamW
        return kind(parameters, lr=o["rate"], betas=(o["beta1"], o["beta2"]), eps=o["epsilon"], weight_decay=0)
    if o["kind"] == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=o["rate"], alpha=o["beta2"], eps=o["epsilon"])
    if o["kind"] == "adagrad":
        return torch.optim.Adagrad(parameters, lr=o["rate"], eps=o["epsilon"])
    momentum = 0 if o["kind"] == "sgd" else o["momentum"]
    return torch.optim.SGD(parameters, lr=o["rate"], momentum=momentum, nesterov=o["kind"] == "nesterov")


def main():
    problem = Problem(sys.argv[1], np)
    torch.set_flush_denormal(True)
    loss_of = LOSSES[problem.loss]

    def make_training(network):
        optimizer = make_optimizer(problem, network.parameters())

        def train(x, y):
            loss = loss_of(network(x), y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            return loss.detach()
        return train

    network = make_network(problem)
    train = make_training(network)

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
        xs, ys = [x[:problem.batch]], [y[:problem.batch]]
    rehearse = make_training(copy.deepcopy(network))
    choice = choose_threads(problem.threads, lambda: rehearse(xs[0], ys[0]))

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

    serve(f"PyTorch {torch.__version__}", "denormals flushed", step, epoch, choice)


main()
