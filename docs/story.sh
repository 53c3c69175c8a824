#!/usr/bin/env bash
# The whole flow by the command line, on the cycle scene: item i is always followed by item i + 1, so a working
# teacher and a working student rank the next item first. `make story` runs it; it leaves nothing behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ADAREC_HOME=$(mktemp -d)
export ADAREC_HOME
trap 'rm -rf "$ADAREC_HOME"' EXIT

adarec() {
    echo
    echo "$ python -m adarec $*"
    .venv/bin/python -m adarec "$@"
}

adarec ingest sample_data/cycle.csv --name cycle
adarec search cycle --preset quick --cost flops --speedup 3 \
    --set teacher.num_blocks=4 --set teacher.width=64 --set teacher.epochs=8 \
    --set search.epochs=3 --set student.width=32 --set student.epochs=8
run=$(.venv/bin/python -m adarec runs --json | .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)[0]["run"])')
adarec show "$run"
adarec export "$run" --to "$ADAREC_HOME/student"
first=$(sed -n 2p sample_data/cycle.csv | cut -d, -f2)
adarec recommend "$ADAREC_HOME/student" --history "$first" --top 3
