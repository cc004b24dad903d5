#!/usr/bin/env bash
# Compares LSQ4J's training step with PyTorch's, float and quantized, and prints times, memory and ratios.
# See --help. Runs on bash 3.2, the one of macOS.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
LSQ4J="${LSQ4J:-$ROOT/scripts/lsq4j}"

usage() {
  cat <<'EOF'
Usage: scripts/bench-peers.sh [OPTION VALUE]...

  --network NAME    lenet, resnet8, resnet20 or mobilenet-0.25 (default: resnet20)
  --batch N         images a step (default: 128)
  --bits B          bits of weights and activations, first and last layer 8 (default: 3)
  --rounds R        rounds; in each of them everything is measured, in turn (default: 12)
  --steps N         steps of a turn, to take the median of, after one that does not count
                    (default: 10)
  --warmup N        PyTorch: steps before the first round (default: 3)
  --lsq4j-warmup N  LSQ4J: steps before the first round (default: 200)
  --threads N       for both sides (default: number of cores)
  --out FOLDER      keep the measurements here (default: they are deleted)

  PYTHON            variable: a Python 3 with PyTorch (default: python3, else /usr/bin/python3)
  LSQ4J             variable: the command to measure (default: scripts/lsq4j)

PyTorch's quantizer is measured three times: of differentiable operations with clamp, as published
implementations of LSQ have it (clamp), with hardtanh in its place, whose backward pass is faster
(autograd), and with a backward pass by hand that computes nothing again (function).

Each network, memory format and precision has a process of its own. While one of them trains, all
others wait and keep their memory: together 8 GB for ResNet-20. LSQ4J's longer warm-up is for Java's
compiler, which takes a part of a core in the beginning of a training. Do nothing else on the
machine: a program that takes one core away slows both sides down many times over.
EOF
}

fail() {
  echo "bench-peers: $*" >&2
  exit 2
}

network=resnet20
batch=128
bits=3
rounds=12
steps=10
warmup=3
lsq4j_warmup=200
threads="$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)"
out=""

read_options() {
  local variable
  while [ $# -gt 0 ]; do
    case "$1" in
      --help) usage && exit 0 ;;
      --network | --batch | --bits | --rounds | --steps | --warmup | --lsq4j-warmup | --threads | --out)
        [ $# -ge 2 ] || fail "$1 needs a value"
        variable="${1#--}"
        printf -v "${variable//-/_}" %s "$2"
        shift 2
        ;;
      *) fail "there is no option $1; see --help" ;;
    esac
  done
}

# The first Python that can import torch; if none can, the first one, whose message says how to get it.
find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$candidate" -c 'import torch' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "${PYTHON:-python3}"
}

read_options "$@"
export OMP_NUM_THREADS="$threads"
python="$(find_python)"

# Before the first minutes of measuring: whether both sides are there. This also builds LSQ4J.
"$python" "$ROOT/scripts/bench_peers.py" --network "$network" --batch "$batch" --bits "$bits" \
  --threads "$threads" --check >&2 || exit 2
"$LSQ4J" bench turns --network lenet --batch 1 </dev/null ||
  fail "$LSQ4J has no command bench turns, or does not start"

if [ -z "$out" ]; then
  out="$(mktemp -d)"
  trap 'rm -rf "$out"' EXIT
elif [ -d "$out" ] && [ -n "$(ls -A "$out")" ]; then
  fail "--out: $out is not empty"
fi

load="$(uptime | sed 's/.*load average/load average/')"
"$python" "$ROOT/scripts/bench_peers_rounds.py" --network "$network" --batch "$batch" --bits "$bits" \
  --rounds "$rounds" --steps "$steps" --warmup "$warmup" --lsq4j-warmup "$lsq4j_warmup" \
  --threads "$threads" --lsq4j "$LSQ4J" "$out"
"$python" "$ROOT/scripts/bench_peers_table.py" "$out"
echo
echo "Before the run: $load"
