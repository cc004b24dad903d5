#!/usr/bin/env python3
"""Prints what scripts/bench-peers.sh measured: medians over rounds, and ratios of step times.

Usage: scripts/bench_peers_table.py FOLDER

FOLDER has a folder for every round, with pytorch-PEER-FORMAT.json of bench_peers.py, where PEER is
float or a quantizer, and lsq4j-PRECISION.json of `lsq4j bench turns`.
"""

import json
import pathlib
import statistics
import sys

PRECISIONS = ["float", "quantized"]
PEERS = {
    "float": "PyTorch float",
    "function": "PyTorch LSQ by hand",
    "autograd": "PyTorch LSQ by autograd",
    "clamp": "PyTorch LSQ with clamp",
}
FORMATS = ["contiguous", "channels-last"]
COMPARED = [("stepMillis", "step"), ("peakMemoryMegabytes", "memory")]
STEADY = 1.25  # the slowest round over the fastest, on a machine that does nothing else


class Round:
    """The measurements of one round."""

    def __init__(self, folder):
        self.pytorch = {
            (peer, memory_format): read(folder / f"pytorch-{peer}-{memory_format}.json")
            for peer in PEERS
            for memory_format in FORMATS
        }
        self.lsq4j = {
            precision: read(folder / f"lsq4j-{precision}.json") for precision in PRECISIONS
        }

    def pytorch_row(self, peer, memory_format):
        return self.pytorch[peer, memory_format]["measurements"][0]

    def lsq4j_row(self, precision):
        result = self.lsq4j[precision]
        # Not known on every system.
        peak = result.get("peakMemoryMegabytes", float("nan"))
        return {**result[precision], "peakMemoryMegabytes": peak}

    def faster_format(self, peer):
        return min(FORMATS, key=lambda name: self.pytorch_row(peer, name)["stepMillis"])

    def own_ratio(self, key):
        """Quantized over float, both ours."""
        return self.lsq4j_row("quantized")[key] / self.lsq4j_row("float")[key]

    def ratio(self, ours, peer, key):
        """Our step time or memory over that of PyTorch in its faster format."""
        return self.lsq4j_row(ours)[key] / self.pytorch_row(peer, self.faster_format(peer))[key]


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def rows(rounds):
    """Name and measurements of every line of the table."""
    for peer, title in PEERS.items():
        for name in FORMATS:
            yield f"{title}, {name}", [one.pytorch_row(peer, name) for one in rounds]
    for precision in PRECISIONS:
        yield f"LSQ4J {precision}", [one.lsq4j_row(precision) for one in rounds]


def print_heading(first, count):
    peer, ours = first.pytorch["function", FORMATS[0]], first.lsq4j["quantized"]
    print(
        f"{peer['network']}, batch {peer['batch']}, quantized: W{peer['bits']}A{peer['bits']},"
        f" {count} rounds"
    )
    print(f"{peer['engine']}, {peer['threads']} threads, with")
    print("  " + " ".join(f"{key}={value}" for key, value in peer["environment"].items()))
    print(f"LSQ4J, engine {ours['engine']}, {ours['threads']} threads")


def print_medians(rounds):
    print(f"\n{'median over the rounds':<45} {'ms/step':>9} {'images/s':>9} {'peak MB':>8}")
    for name, measured in rows(rounds):
        step, images, peak = (
            statistics.median(row[key] for row in measured)
            for key in ("stepMillis", "imagesPerSecond", "peakMemoryMegabytes")
        )
        print(f"{name:<45} {step:>9.1f} {images:>9.1f} {peak:>8.0f}")


def print_ratios(rounds):
    print("\nLSQ4J / PyTorch in its faster format, by round (below 1: LSQ4J needs less)")
    print(f"{'':<45} {'min':>9} {'median':>9} {'max':>8}")
    for ours, peer in [
        ("float", "float"),
        ("quantized", "function"),
        ("quantized", "autograd"),
        ("quantized", "clamp"),
        ("quantized", "float"),
    ]:
        for key, what in COMPARED:
            ratios = [one.ratio(ours, peer, key) for one in rounds]
            print_range(f"{ours} / {PEERS[peer]}, {what}", ratios)
    print("\nLSQ4J quantized / LSQ4J float, by round")
    for key, what in COMPARED:
        print_range(what, [one.own_ratio(key) for one in rounds])


def print_range(name, ratios):
    print(
        f"{name:<45} {min(ratios):>9.2f} {statistics.median(ratios):>9.2f} {max(ratios):>8.2f}"
    )


def print_warning(rounds):
    """Says how much the machine changed, if it did."""
    spreads = {}
    for name, measured in rows(rounds):
        steps = [row["stepMillis"] for row in measured]
        spreads[name] = max(steps) / min(steps)
    name = max(spreads, key=spreads.get)
    if spreads[name] > STEADY:
        print(
            f"\nWarning: the slowest turn of {name} took {spreads[name]:.2f} times as long as its"
            " fastest. Something else ran; the ratios, which are by round, suffer less from it."
        )


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    folders = sorted(path for path in pathlib.Path(arguments[0]).iterdir() if path.is_dir())
    rounds = [Round(folder) for folder in folders]
    if not rounds:
        sys.exit(f"bench_peers_table: {arguments[0]} has no rounds")
    print_heading(rounds[0], len(rounds))
    print_medians(rounds)
    print_ratios(rounds)
    print_warning(rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
