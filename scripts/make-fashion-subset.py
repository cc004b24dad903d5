#!/usr/bin/env python3
"""Makes the data set fashion-mnist-mini that LSQ4J ships: 6,000 + 1,000 images of Fashion-MNIST.

Usage: scripts/make-fashion-subset.py [SOURCE_FOLDER [TARGET_FOLDER]]

SOURCE_FOLDER holds the four full idx files, gzipped (default: data/fashion-mnist, as
`lsq4j data fetch fashion-mnist` leaves them). TARGET_FOLDER defaults to the resource folder.

The choice is a function of SEED alone: every image gets a random key, and the images with the
smallest keys of each class are taken (600 a class for training, 100 for testing). They stay in their
original order, which mixes the classes. Needs Python 3.8 or newer and nothing else. The images chosen
are the same on every system; the gzip bytes around them may differ with the version of zlib.
"""

import gzip
import pathlib
import random
import struct
import sys

SEED = 20170828
CLASSES = 10
IMAGE_BYTES = 28 * 28
PER_CLASS = {"train": 600, "t10k": 100}
ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "data/fashion-mnist"
TARGET = ROOT / "src/main/resources/org/lsq4j/data/fashion-mnist-mini"


def read(path, header_bytes):
    with gzip.open(path, "rb") as file:
        return file.read()[header_bytes:]


def write(path, header, body):
    # No file name and no time in the gzip header: the same content gives the same bytes.
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(header + body)


def choose(labels, per_class, rng):
    # Only random() is promised to give the same sequence in every version of Python.
    keys = [rng.random() for _ in labels]
    chosen = []
    for label in range(CLASSES):
        members = [i for i, other in enumerate(labels) if other == label]
        chosen += sorted(members, key=keys.__getitem__)[:per_class]
    return sorted(chosen)


def make(split, source, target, rng):
    labels = read(source / f"{split}-labels-idx1-ubyte.gz", 8)
    images = read(source / f"{split}-images-idx3-ubyte.gz", 16)
    chosen = choose(labels, PER_CLASS[split], rng)
    pixels = b"".join(images[i * IMAGE_BYTES : (i + 1) * IMAGE_BYTES] for i in chosen)
    count = len(chosen)
    write(
        target / f"{split}-images-idx3-ubyte.gz",
        struct.pack(">4B3i", 0, 0, 8, 3, count, 28, 28),
        pixels,
    )
    write(
        target / f"{split}-labels-idx1-ubyte.gz",
        struct.pack(">4Bi", 0, 0, 8, 1, count),
        bytes(labels[i] for i in chosen),
    )
    print(f"{split}: {count} of {len(labels)} images")


def main(arguments):
    source = pathlib.Path(arguments[0]) if arguments else SOURCE
    target = pathlib.Path(arguments[1]) if len(arguments) > 1 else TARGET
    target.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    for split in PER_CLASS:
        make(split, source, target, rng)


if __name__ == "__main__":
    main(sys.argv[1:])
