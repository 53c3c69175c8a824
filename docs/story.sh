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
adarec search cycle --cost flops --speedup 3 \
    --set teacher.num_blocks=4 --set teacher.width=64 --set teacher.epochs=8 \
    --set teacher.dropout=0 --set teacher.learning_rate=0.005 \
    --set search.epochs=3 \
    --set student.width=32 --set student.epochs=15 \
    --set student.dropout=0 --set student.learning_rate=0.01
run=$(.venv/bin/python -m adarec runs --json | .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)[0]["run"])')
adarec export "$run" --to "$ADAREC_HOME/student"

# The items of the first user: three as history; the fourth is the right answer.
walk=($(sed -n 2,5p sample_data/cycle.csv | cut -d, -f2))
answer=$(adarec recommend "$ADAREC_HOME/student" --history "${walk[0]},${walk[1]},${walk[2]}" --top 3)
echo "$answer"
grep -q "^ *1  *${walk[3]} " <<<"$answer" || { echo "The first answer should have been ${walk[3]}."; exit 1; }
