#!/usr/bin/env python3
"""Lets LSQ4J and PyTorch take turns in training, and writes how long each one's steps took.

All programs run from the beginning to the end, each with a network of its own, and wait until it is
their turn: for a warm-up first, and then once in every round for some steps. What else goes on at
the machine changes within minutes, so that programs measured one after the other could not be
compared. Needs nothing but Python; scripts/bench-peers.sh calls it.

OUT gets a folder for every round, as scripts/bench_peers_table.py reads them.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
FORMATS = ["contiguous", "channels-last"]
QUANTIZERS = ["function", "autograd", "clamp"]


class Contender(NamedTuple):
    """A program that trains when it is told to."""

    name: str
    command: list
    process: subprocess.Popen

    @staticmethod
    def start(name, command):
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return Contender(name, command, process)

    def turn(self, steps):
        """Trains some steps and returns what the program says about them."""
        try:
            self.process.stdin.write(f"{steps}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # It has ended, and so has its output.
        line = self.process.stdout.readline()
        if not line:
            self.fail(f"ended with code {self.process.wait()}")
        try:
            return json.loads(line)
        except json.JSONDecodeError:
            self.fail(f"printed no measurement, but {line!r}")

    def end(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            self.fail(f"ended with code {self.process.returncode}")

    def fail(self, what):
        sys.exit(f"bench-peers: {self.name} {what}: {' '.join(self.command)}")


def pytorch_contenders(options, common):
    command = [sys.executable, str(HERE / "bench_peers.py"), "--turns", *common]
    command += ["--threads", str(options.threads)]
    for memory_format in FORMATS:
        for peer in ["float", *QUANTIZERS]:
            precision = "float" if peer == "float" else "quantized"
            arguments = ["--precision", precision, "--format", memory_format]
            if peer != "float":
                arguments += ["--quantizer", peer]
            yield f"pytorch-{peer}-{memory_format}", command + arguments, options.warmup


def lsq4j_contenders(options, common):
    for precision in ["float", "quantized"]:
        command = [options.lsq4j, "bench", "turns", *common, "--precision", precision]
        yield f"lsq4j-{precision}", command, options.lsq4j_warmup


def start_all(options):
    common = ["--network", options.network, "--batch", str(options.batch)]
    common += ["--bits", str(options.bits)]
    contenders = []
    for name, command, warmup in [
        *pytorch_contenders(options, common),
        *lsq4j_contenders(options, common),
    ]:
        contenders.append(Contender.start(name, command))
        # One by one: while one program starts, the others have nothing to do.
        print(f"{name}: {warmup} steps of warm-up", file=sys.stderr, flush=True)
        contenders[-1].turn(warmup)
    return contenders


def run_round(number, contenders, options):
    print(f"round {number} of {options.rounds}", file=sys.stderr, flush=True)
    folder = options.out / f"round-{number:03d}"
    folder.mkdir(parents=True)
    # Everybody comes first in some round.
    first = number % len(contenders)
    for contender in contenders[first:] + contenders[:first]:
        # The step that wakes up threads and fetches memory back into the cache does not count.
        contender.turn(1)
        result = contender.turn(options.steps)
        (folder / f"{contender.name}.json").write_text(json.dumps(result), encoding="utf-8")


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not positive")
    return value


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", required=True)
    parser.add_argument("--batch", type=positive, required=True)
    parser.add_argument("--bits", type=positive, required=True)
    parser.add_argument("--rounds", type=positive, required=True)
    parser.add_argument("--steps", type=positive, required=True, help="of each turn")
    parser.add_argument("--warmup", type=positive, required=True, help="steps of PyTorch")
    parser.add_argument("--lsq4j-warmup", type=positive, required=True, help="steps of LSQ4J")
    parser.add_argument("--threads", type=positive, required=True)
    parser.add_argument("--lsq4j", required=True, help="the command to measure")
    parser.add_argument("out", metavar="OUT", type=pathlib.Path)
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    contenders = start_all(options)
    for number in range(1, options.rounds + 1):
        run_round(number, contenders, options)
    for contender in contenders:
        contender.end()


if __name__ == "__main__":
    main(sys.argv[1:])
