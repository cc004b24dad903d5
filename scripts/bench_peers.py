#!/usr/bin/env python3
"""Measures one training step of a float and of an LSQ-quantized network in PyTorch.

A step is zero_grad, forward, cross-entropy, backward and SGD (Nesterov momentum 0.9, weight decay
1e-4) on one fixed random batch. Every network, memory format and precision is measured in a process
of its own, so that its peak memory is its own. Needs PyTorch 1.13 or newer and nothing else.

Examples:
  scripts/bench_peers.py --network resnet20 --bits 3
  scripts/bench_peers.py --network lenet --precision quantized --format channels-last --json
  scripts/bench_peers.py --self-test

scripts/bench-peers.sh runs this beside LSQ4J and prints the ratios.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError:
    print(
        f"bench_peers: {sys.executable} has no PyTorch; get it: on Debian apt-get install"
        " python3-torch libopenblas0-openmp (for /usr/bin/python3), else pip install torch",
        file=sys.stderr,
    )
    sys.exit(2)

EDGE_BITS = 8  # first and last layer
LEARNING_RATE = 0.01
MOMENTUM = 0.9
WEIGHT_DECAY = 1e-4
SEED = 1

# glibc's malloc gives big buffers back to the system when they are freed, and every step pays for
# fresh pages. These settings make it keep them, in huge pages. Other systems ignore them.
TUNED_MALLOC = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

# How the path of a BLAS library names it; the first that is found counts.
BLAS_NAMES = [
    "openblas-openmp",
    "openblas-pthread",
    "openblas",
    "flexiblas",
    "blis",
    "atlas",
    "mkl",
]


# --- Quantizers ----------------------------------------------------------------------------------


class CodeRange(NamedTuple):
    """The integers a quantizer can give."""

    lowest: int
    highest: int

    @staticmethod
    def of(bits, signed):
        levels = 1 << bits
        return CodeRange(-levels // 2, levels // 2 - 1) if signed else CodeRange(0, levels - 1)


def quantize_by_autograd(x, step, codes, gradient_scale, clip=F.hardtanh):
    """LSQ from differentiable operations; what rounds has its gradient cut off by detach().

    hardtanh is clamp with the gradient of the paper, 0 at both bounds, and its backward is faster.
    """
    step = step * gradient_scale + (step - step * gradient_scale).detach()
    u = clip(x / step, codes.lowest, codes.highest)
    return (u + (u.round() - u).detach()) * step


def quantize_with_clamp(x, step, codes, gradient_scale):
    """The same with clamp, as published implementations have it (zhutmost/lsq-net)."""
    return quantize_by_autograd(x, step, codes, gradient_scale, clip=torch.clamp)


class QuantizeByFunction(torch.autograd.Function):
    """LSQ with a backward pass by hand.

    With u = x / s and xHat = s round(clip(u)), the derivative of xHat by s is round(u) - u between
    the bounds and the bound outside. So s ds = sum(dy xHat) - sum(dx x), where dx is dy between the
    bounds and 0 outside: nothing of the forward pass is computed again. It saves x and its own
    output, which the layer behind it keeps anyway.
    """

    @staticmethod
    def forward(ctx, x, step, codes, gradient_scale):
        x_hat = torch.div(x, step).clamp_(codes.lowest, codes.highest).round_().mul_(step)
        ctx.save_for_backward(x, step, x_hat)
        ctx.codes = codes
        ctx.gradient_scale = gradient_scale
        return x_hat

    @staticmethod
    def backward(ctx, dy):
        x, step, x_hat = ctx.saved_tensors
        s = step.item()
        dx = torch.ops.aten.hardtanh_backward(dy, x, ctx.codes.lowest * s, ctx.codes.highest * s)
        ds = torch.mul(dy, x_hat).addcmul_(dx, x, value=-1).sum()
        return dx, ds.mul_(ctx.gradient_scale / s), None, None


QUANTIZERS = {
    "function": QuantizeByFunction.apply,
    "autograd": quantize_by_autograd,
    "clamp": quantize_with_clamp,
}


class Quantizer(nn.Module):
    """A trained step size, initialised by the first values that pass: s = 2 mean|x| / sqrt(p)."""

    def __init__(self, quantize, bits, signed, per_example):
        super().__init__()
        self.quantize = quantize
        self.codes = CodeRange.of(bits, signed)
        self.per_example = per_example
        self.gradient_scale = None
        self.step = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        if self.gradient_scale is None:
            self.initialise(x.detach())
        return self.quantize(x, self.step, self.codes, self.gradient_scale)

    def initialise(self, x):
        features = x.numel() // (x.shape[0] if self.per_example else 1)
        self.gradient_scale = (features * self.codes.highest) ** -0.5
        self.step.data = 2 * x.abs().mean() / self.codes.highest**0.5


class QuantizedLayer(nn.Module):
    """A convolution or dense layer that quantizes its weights and its input."""

    def __init__(self, layer, inputs, weights):
        super().__init__()
        self.layer = layer
        self.inputs = inputs
        self.weights = weights

    def forward(self, x):
        x, weight = self.inputs(x), self.weights(self.layer.weight)
        if isinstance(self.layer, nn.Linear):
            return F.linear(x, weight, self.layer.bias)
        return F.conv2d(
            x,
            weight,
            self.layer.bias,
            stride=self.layer.stride,
            padding=self.layer.padding,
            groups=self.layer.groups,
        )


def quantize_network(network, bits, quantize):
    """Puts quantizers into every convolution and dense layer; the first layer's input is signed."""
    layers = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    ]
    for i, (name, layer) in enumerate(layers):
        first, last = i == 0, i == len(layers) - 1
        layer_bits = EDGE_BITS if first or last else bits
        inputs = Quantizer(quantize, layer_bits, signed=first, per_example=True)
        weights = Quantizer(quantize, layer_bits, signed=True, per_example=False)
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, QuantizedLayer(layer, inputs, weights))
    return network


# --- Networks ------------------------------------------------------------------------------------


def convolution(inputs, outputs, kernel, stride=1, groups=1):
    """Convolution without bias, and batch norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def relu():
    return nn.ReLU(inplace=True)


def classifier(features, classes):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, classes)]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = nn.Sequential(
            convolution(inputs, outputs, 3, stride), relu(), convolution(outputs, outputs, 3)
        )
        same_shape = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same_shape else convolution(inputs, outputs, 1, stride)

    def forward(self, x):
        return self.residual(x).add_(self.shortcut(x)).relu_()


def resnet(blocks_per_stage):
    """ResNet for 32x32 images (He et al., section 4.2), stages of 16, 32 and 64 channels."""
    layers = [convolution(3, 16, 3), relu()]
    channels = 16
    for outputs in (16, 32, 64):
        for _ in range(blocks_per_stage):
            layers.append(BasicBlock(channels, outputs, outputs // channels))
            channels = outputs
    return nn.Sequential(*layers, *classifier(channels, 10))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 20, 5, padding=2),
        relu(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 50, 5, padding=2),
        relu(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(50 * 7 * 7, 500),
        relu(),
        nn.Linear(500, 10),
    )


def mobilenet_quarter():
    """MobileNetV1 at width 0.25, MLPerf Tiny's network for visual wake words."""
    layers = [convolution(3, 8, 3, 2), relu()]
    channels = 8
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    widths = [16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256]
    for outputs, stride in zip(widths, strides):
        layers += [convolution(channels, channels, 3, stride, groups=channels), relu()]
        layers += [convolution(channels, outputs, 1), relu()]
        channels = outputs
    return nn.Sequential(*layers, *classifier(channels, 2))


class Network(NamedTuple):
    create: object
    image: tuple
    classes: int


NETWORKS = {
    "lenet": Network(lenet, (1, 28, 28), 10),
    "resnet8": Network(lambda: resnet(1), (3, 32, 32), 10),
    "resnet20": Network(lambda: resnet(3), (3, 32, 32), 10),
    "mobilenet-0.25": Network(mobilenet_quarter, (3, 96, 96), 2),
}

FORMATS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}


# --- Measuring -----------------------------------------------------------------------------------


class TrainingStep:
    """A network, its optimizer and one batch."""

    def __init__(self, name, batch, memory_format):
        torch.manual_seed(SEED)
        network = NETWORKS[name]
        self.network = network.create().to(memory_format=memory_format)
        self.images = torch.randn(batch, *network.image).to(memory_format=memory_format)
        self.labels = torch.randint(network.classes, (batch,))
        self.optimizer = None

    def quantize(self, bits, quantizer):
        quantize_network(self.network, bits, QUANTIZERS[quantizer])
        with torch.no_grad():
            self.network(self.images)

    def start(self):
        """Makes the optimizer: step sizes are trained without weight decay."""
        steps = [p for name, p in self.network.named_parameters() if name.endswith(".step")]
        others = [p for name, p in self.network.named_parameters() if not name.endswith(".step")]
        groups = [{"params": others}, {"params": steps, "weight_decay": 0}] if steps else others
        self.optimizer = torch.optim.SGD(
            groups, LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True, foreach=True
        )

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.network(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def step_seconds(step, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        loss = step.run()
        times.append(time.perf_counter() - start)
        if loss != loss:
            sys.exit("bench_peers: the loss is not a number; the times would mean nothing")
    return times


def peak_megabytes():
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def prepare(options):
    """A network that is ready to be trained."""
    torch.set_num_threads(options.threads)
    step = TrainingStep(options.network, options.batch, FORMATS[options.format])
    if options.precision == "quantized":
        step.quantize(options.bits, options.quantizer)
    step.start()
    return step


def measure_steps(step, count, options):
    seconds = statistics.median(step_seconds(step, count))
    return {
        "precision": options.precision,
        "format": options.format,
        "stepMillis": round(seconds * 1e3, 3),
        "imagesPerSecond": round(options.batch / seconds, 1),
        "peakMemoryMegabytes": round(peak_megabytes(), 1),
        "parameters": sum(p.numel() for p in step.network.parameters()),
    }


def measure(options):
    step = prepare(options)
    step_seconds(step, options.warmup)
    return measure_steps(step, options.steps, options)


def take_turns(options):
    """Trains as many steps as each line of the standard input says; answers with a line of JSON."""
    step = prepare(options)
    for line in sys.stdin:
        try:
            count = positive(line)
        except (ValueError, argparse.ArgumentTypeError):
            sys.exit(f"bench_peers: a line must be a number of steps, 1 or more, got {line!r}")
        measured = measure_steps(step, count, options)
        print(json.dumps(result_of(options, [measured])), flush=True)


# --- Self-test -----------------------------------------------------------------------------------


def relative_difference(actual, expected):
    return ((actual - expected).norm() / expected.norm().clamp_min(1e-30)).item()


def values_around(codes, step, memory_format):
    """Random values inside and outside the range, on its bounds, and half-steps past them."""
    x = torch.randn(8, 6, 5, 5, dtype=torch.float64) * step * codes.highest
    special = [codes.lowest - 0.5, codes.lowest, 0, 0.5, 1.5, codes.highest, codes.highest + 0.5]
    x.view(-1)[: len(special)] = torch.tensor(special) * step
    return x.to(memory_format=memory_format)


def quantizer_gradients(quantizer, x, dy, step, codes):
    x = x.detach().clone().requires_grad_()
    step = torch.tensor(step, dtype=x.dtype, requires_grad=True)
    x_hat = QUANTIZERS[quantizer](x, step, codes, 0.1)
    x_hat.backward(dy)
    return x_hat.detach(), x.grad, step.grad


def test_quantizer(bits, signed, memory_format):
    """The largest differences of function from autograd, in float64 and with it in float32."""
    step, codes = 0.25, CodeRange.of(bits, signed)
    x = values_around(codes, step, memory_format)
    dy = torch.randn_like(x)
    expected = quantizer_gradients("autograd", x, dy, step, codes)
    double = quantizer_gradients("function", x, dy, step, codes)
    single = quantizer_gradients("function", x.float(), dy.float(), step, codes)
    return [
        max(relative_difference(a, e) for a, e in zip(actual, expected))
        for actual in (double, single)
    ]


def network_gradients(name, bits, quantizer):
    step = TrainingStep(name, 4, torch.contiguous_format)
    step.network.double()
    step.images = step.images.double()
    step.quantize(bits, quantizer)
    F.cross_entropy(step.network(step.images), step.labels).backward()
    return [p.grad for p in step.network.parameters()]


def test_clamp(bits, signed):
    """The largest difference of clamp from autograd; on the bounds its gradient is another one."""
    codes, step = CodeRange.of(bits, signed), 0.25
    x = torch.randn(8, 6, 5, 5, dtype=torch.float64) * step * codes.highest
    dy = torch.randn_like(x)
    expected = quantizer_gradients("autograd", x, dy, step, codes)
    actual = quantizer_gradients("clamp", x, dy, step, codes)
    return max(relative_difference(a, e) for a, e in zip(actual, expected))


def test_network(name):
    """The largest difference between the gradients of a network with either quantizer."""
    expected = network_gradients(name, 3, "autograd")
    actual = network_gradients(name, 3, "function")
    return max(relative_difference(a, e) for a, e in zip(actual, expected))


def quantizer_cases():
    for bits in (2, 3, 8):
        for signed in (True, False):
            sign = "signed" if signed else "unsigned"
            yield f"{bits} bits, {sign}, clamp", test_clamp(bits, signed), 1e-12
            for name, memory_format in FORMATS.items():
                case = f"{bits} bits, {sign}, {name}"
                double, single = test_quantizer(bits, signed, memory_format)
                yield f"{case}, float64", double, 1e-12
                yield f"{case}, float32", single, 1e-5


def network_cases():
    for name in NETWORKS:
        yield f"{name}, 3 bits, float64", test_network(name), 1e-9


def self_test():
    torch.manual_seed(SEED)
    cases = [*quantizer_cases(), *network_cases()]
    failed = [case for case in cases if not case[1] <= case[2]]
    for case, difference, allowed in failed:
        print(f"bench_peers: {case}: differs by {difference:.1e}, allowed are {allowed:.0e}")
    print("Gradients of the quantizers compared:")
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


# --- Command line --------------------------------------------------------------------------------


def blas():
    """The name of the BLAS library in use: that of its folder or file, as Linux tells it."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            paths = {line.split()[-1] for line in maps if "blas" in line or "libmkl" in line}
    except OSError:
        return "unknown"
    for name in BLAS_NAMES:
        if any(name in path for path in paths):
            return name
    return "reference" if any("libblas.so" in path for path in paths) else "built in"


def check():
    """Refuses to measure a PyTorch that cannot show what it can do."""
    if blas() == "reference":
        print(
            "bench_peers: PyTorch would multiply matrices with the reference BLAS, which is several"
            " times slower than others; get one of these: apt-get install libopenblas0-openmp",
            file=sys.stderr,
        )
        sys.exit(2)


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def bit_width(text):
    value = int(text)
    if not 2 <= value <= 8:
        raise argparse.ArgumentTypeError(f"{value} bits; allowed are 2 to 8")
    return value


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", choices=NETWORKS, default="resnet20")
    parser.add_argument("--batch", type=positive, default=128)
    parser.add_argument("--bits", type=bit_width, default=3, help="of weights and activations")
    parser.add_argument("--steps", type=positive, default=10, help="steps to take the median of")
    parser.add_argument("--warmup", type=positive, default=3, help="steps before these")
    parser.add_argument("--format", choices=[*FORMATS, "both"], default="both")
    parser.add_argument("--precision", choices=["float", "quantized", "both"], default="both")
    parser.add_argument(
        "--quantizer",
        choices=QUANTIZERS,
        default="function",
        help="function: backward by hand, the fastest (default); autograd: differentiable operations,"
        " hardtanh among them; clamp: the same with clamp",
    )
    parser.add_argument(
        "--threads", type=positive, default=cores(), help="default: number of cores"
    )
    parser.add_argument(
        "--malloc",
        choices=["tuned", "default"],
        default="tuned",
        help="tuned: glibc keeps big buffers (default)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--turns",
        action="store_true",
        help="train when told to: a number of steps on each line of the standard input",
    )
    parser.add_argument("--check", action="store_true", help="only say what would be measured with")
    parser.add_argument(
        "--self-test", action="store_true", help="compare the quantizers' gradients"
    )
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def environment(options):
    tuning = TUNED_MALLOC if options.malloc == "tuned" else {}
    return {**tuning, "OMP_NUM_THREADS": str(options.threads)}


def measure_in_own_process(arguments, options, precision, memory_format):
    command = [sys.executable, __file__, *arguments, "--in-this-process"]
    command += ["--precision", precision, "--format", memory_format]
    result = subprocess.run(
        command, stdout=subprocess.PIPE, env={**os.environ, **environment(options)}
    )
    if result.returncode != 0:
        sys.exit(f"bench_peers: {precision}, {memory_format}: ended with code {result.returncode}")
    return json.loads(result.stdout)


def measure_all(arguments, options):
    precisions = ["float", "quantized"] if options.precision == "both" else [options.precision]
    formats = list(FORMATS) if options.format == "both" else [options.format]
    return result_of(
        options,
        [
            measure_in_own_process(arguments, options, precision, memory_format)
            for precision in precisions
            for memory_format in formats
        ],
    )


def start_turns(arguments, options):
    """Takes turns in a process that has had its environment from the beginning."""
    if "both" in (options.precision, options.format):
        sys.exit("bench_peers: --turns are those of one network: say which --precision, --format")
    if options.in_this_process:
        take_turns(options)
    else:
        command = [sys.executable, __file__, *arguments, "--in-this-process"]
        os.execve(sys.executable, command, {**os.environ, **environment(options)})


def result_of(options, measurements):
    return {
        "network": options.network,
        "batch": options.batch,
        "bits": options.bits,
        "engine": engine(),
        "threads": options.threads,
        "quantizer": options.quantizer,
        "environment": environment(options),
        "measurements": measurements,
    }


def engine():
    return f"PyTorch {torch.__version__}, BLAS: {blas()}"


def print_json(result):
    print(json.dumps(result))


def print_table(result):
    print(
        f"{result['network']}, batch {result['batch']}, {result['bits']} bits,"
        f" {result['threads']} threads, quantizer: {result['quantizer']}; {result['engine']}"
    )
    print("with", " ".join(f"{key}={value}" for key, value in result["environment"].items()))
    print(f"{'precision':<10} {'format':<13} {'ms/step':>9} {'images/s':>9} {'peak MB':>8}")
    for row in result["measurements"]:
        print(
            f"{row['precision']:<10} {row['format']:<13} {row['stepMillis']:>9.1f}"
            f" {row['imagesPerSecond']:>9.1f} {row['peakMemoryMegabytes']:>8.0f}"
        )


def main(arguments):
    options = parse(arguments)
    if options.self_test:
        return self_test()
    check()
    if options.check:
        print(engine())
    elif options.turns:
        start_turns(arguments, options)
    elif options.in_this_process:
        print(json.dumps(measure(options)))
    else:
        show = print_json if options.json else print_table
        show(measure_all(arguments, options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
