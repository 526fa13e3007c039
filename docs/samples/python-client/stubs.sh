#!/bin/sh
# Makes the stubs of protos/ beside client.py, or in the folder that is given. Needs grpc_tools: Debian's python3-grpc-tools, or pip install grpcio-tools.
here=$(CDPATH= cd "$(dirname "$0")" && pwd) || exit
out=${1:-$here}
exec "${PYTHON:-python3}" -m grpc_tools.protoc -I "$here/../../../protos" --python_out="$out" --grpc_python_out="$out" disttrain/v1/training_jobs.proto
