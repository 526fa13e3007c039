#!/usr/bin/env bash
# The suites that take too long for `dotnet test`: faults under many seeds, and hours of faults with an eye on memory and handles.
#   tests/long.sh DIR [SEEDS [MINUTES]]     DIR: the MNIST files. Default: 20 seeds (an hour), 30 minutes.
# What it found goes to tests/long.md, which is checked in. Exit code 0: nothing was found that should not be.
set -euo pipefail
data=$(cd "${1:?the folder of the MNIST files}" && pwd)
seeds=${2:-20}
minutes=${3:-30}
cd "$(dirname "$0")/.."
report=tests/long.md

dotnet build -c Release src/DistTrain.Cli
dotnet build -c Release tests/DistTrain.Benchmarks
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

{
    echo "# What the long suites found last"
    echo
    echo "\`tests/long.sh DIR $seeds $minutes\` on $(date +%Y-%m-%d), commit $(git rev-parse --short HEAD),"
    echo "$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), $(uname -sr)."
    echo
    echo "## Faults under $seeds seeds"
    echo
} > "$report"

src/DistTrain.Cli/bin/Release/net10.0/disttrain chaos docs/studies/chaos/job.yaml --set dataset.path="$data" \
    --runs "$seeds" --kills 3 --silos 3 --servers 2 --out "$runs/chaos" > "$runs/chaos.txt" || { cat "$runs/chaos.txt"; exit 1; }
cat "$runs/chaos/table.md" >> "$report"

{
    echo
    echo "## $minutes minutes with a fault every 20 s"
    echo
    echo "\`mlp\` with BatchNorm over 4 ranks, 3 silos, 2 servers: the silo and the server that are spared."
    echo
} >> "$report"
dotnet run -c Release --no-build --project tests/DistTrain.Benchmarks -- soak --minutes "$minutes" > "$runs/soak.txt" || { cat "$runs/soak.txt"; exit 1; }
cat "$runs/soak.txt" >> "$report"
