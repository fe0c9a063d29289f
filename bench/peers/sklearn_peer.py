#!/usr/bin/env python3
"""scikit-learn as a peer: MLPClassifier.partial_fit, several batches in one call where the problem allows it."""

import sys
import warnings

from peer import Problem, end, load_idx, serve

try:
    import numpy as np
    import sklearn
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from threadpoolctl import threadpool_info, threadpool_limits
except ImportError:
    end(missing="python3-sklearn")

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


def refuse_what_differs(problem):
    if problem.hidden not in ACTIVATIONS:
        end(unsuitable=f"no {problem.hidden}")
    if problem.optimizer["kind"] in ("adamw", "rmsprop", "adagrad"):
        end(unsuitable=f"no {problem.optimizer['kind']}")
    outputs = problem.widths[-1]
    classifier = (problem.loss == "cross-entropy" and outputs > 2) or (problem.loss == "logistic" and outputs == 1)
    if not classifier and (problem.loss, problem.output) != ("half-squares", "identity"):
        end(unsuitable=f"no {problem.loss} with {outputs} {problem.output} outputs")
    return classifier


def make_estimator(problem, classifier):
    o = problem.optimizer
    kind = MLPClassifier if classifier else MLPRegressor
    return kind(
        hidden_layer_sizes=problem.widths[1:-1], activation=ACTIVATIONS[problem.hidden], alpha=0,
        solver="adam" if o["kind"] == "adam" else "sgd", batch_size=problem.batch, learning_rate="constant",
        learning_rate_init=o["rate"], momentum=0 if o["kind"] == "sgd" else o["momentum"],
        nesterovs_momentum=o["kind"] == "nesterov", beta_1=o["beta1"], beta_2=o["beta2"], epsilon=o["epsilon"],
        shuffle=False, random_state=1)


def begin(estimator, problem, x, y, **classes):
    """The first call makes the arrays; then they get the problem's weights, and the optimizer is forgotten."""
    estimator.partial_fit(x, y, **classes)
    for own, (weight, _) in zip(estimator.coefs_, problem.weights):
        own[...] = weight.T
    for own, (_, bias) in zip(estimator.intercepts_, problem.weights):
        own[...] = bias
    del estimator._optimizer


def main():
    warnings.filterwarnings("ignore")
    problem = Problem(sys.argv[1], np)
    classifier = refuse_what_differs(problem)
    if problem.threads:
        threadpool_limits(problem.threads)
    estimator = make_estimator(problem, classifier)
    classes = {"classes": np.arange(max(problem.widths[-1], 2))} if classifier else {}
    factor = 1 if classifier else problem.widths[-1]  # its loss is a mean over the outputs, too
    if problem.data:
        x, y = load_idx(problem.data, "train", np)
        test = load_idx(problem.data, "t10k", np)
    else:
        x, y = problem.x.astype(problem.dtype()), problem.y.astype(problem.dtype())
        if classifier:
            y = y.argmax(axis=1) if problem.widths[-1] > 1 else y[:, 0].astype(int)
        elif problem.widths[-1] == 1:
            y = y[:, 0]
    begin(estimator, problem, x[:problem.batch], y[:problem.batch], **classes)
    if problem.data:
        estimator.shuffle = True
    done = 0

    def fit(first, last):
        rows = slice(first * problem.batch, last * problem.batch)
        estimator.partial_fit(x[rows], y[rows])

    def step(count):
        """All but the last in calls as long as the order allows; loss_ is the mean over one call."""
        nonlocal done
        end_of_all = done + count
        while done < end_of_all:
            first = done % problem.batches
            length = min(problem.batches - first, max(end_of_all - 1 - done, 1))
            fit(first, first + length)
            done += length
        return float(estimator.loss_) * factor

    def epoch():
        estimator.partial_fit(x, y)
        return float(estimator.loss_), len(x), lambda: float(estimator.score(*test))

    blas = {f"{i['internal_api']} {i.get('version', '')}" for i in threadpool_info() if i["user_api"] == "blas"}
    serve(f"scikit-learn {sklearn.__version__}", "NumPy on " + ", ".join(sorted(blas)), step, epoch)


main()
