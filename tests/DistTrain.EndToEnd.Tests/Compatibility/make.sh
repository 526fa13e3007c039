#!/bin/sh
# Makes the runs of one version of DistTrain that all later ones are tested with:
#   ./make.sh PATH/TO/disttrain vN
# "killed": all its processes are killed in the middle of the job; what resume needs is kept, without the cluster's own records.
# "finished": the same job, shorter, to its end.
set -eu
disttrain=$1
out=$(cd "$(dirname "$0")" && pwd)/$2
mkdir "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

train() {
    folder=$1
    shift
    "$disttrain" train --out "$work/$folder" --silos 1 --servers 1 \
        --set 'model={name: custom, layers: [{conv: {out: 4, kernel: 5, stride: 3}}, {norm: batch}, relu, {maxPool: 2}, flatten, {linear: 10}]}' \
        --set workers=2 --set batch=32 --set batchNorm.scope=global --set dataset.trainExamples=640 --set dataset.testExamples=200 \
        --set 'optimizer={name: lamb, lr: 0.02}' --set evaluation.everyEpochs=1 --set checkpoint.everySteps=20 --set checkpoint.keep=2 "$@"
}

keep() {
    mkdir -p "$out/$1/cluster"
    cp -r "$work/$1/job.yaml" "$work/$1/metrics.jsonl" "$work/$1/checkpoints" "$out/$1"
    cp "$work/$1/cluster/run.json" "$out/$1/cluster"
}

train finished --set steps=20 > "$work/finished.log" 2>&1
keep finished
cp "$work/finished/model.safetensors" "$out/finished"

descendants() {
    for child in $(ps -o pid= --ppid "$1"); do
        echo "$child"
        descendants "$child"
    done
}

train killed --set steps=200 > "$work/killed.log" 2>&1 &
watched=$!
until [ -e "$work/killed/checkpoints/step-60/manifest.json" ]; do
    kill -0 "$watched"
    sleep 0.02
done
# At once, and first the command, which would start the others again.
kill -9 $(descendants "$watched")
wait "$watched" || true
keep killed
find "$out" -type f | sort | xargs wc -c
