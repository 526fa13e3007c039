#!/usr/bin/env bash
# Builds deploy/Dockerfile and runs a cluster from the image, with no registry: the base comes from Debian's packages and this machine's .NET.
#   deploy/image-test.sh           all of it
#   deploy/image-test.sh build     the image only, as localhost/disttrain:dev
#   deploy/image-test.sh train     a cluster from the image that is there trains; its weights are those of `disttrain train`
#   deploy/image-test.sh podman …  podman on the storage of these images
# Needs root, podman, jq and mmdebstrap. Exit code 77: skipped, and the last line says why.
#   DISTTRAIN_IMAGE_CACHE  folder that keeps the images between runs (default: ~/.cache/disttrain-images)
#   NUGET_PACKAGES         packages folder that the build may take from and adds to (default: ~/.nuget/packages)
#   NUGET_CONFIG           a NuGet.Config with the feed, where it is another than nuget.org
#   DEBIAN_MIRROR          (default: http://deb.debian.org/debian)
#   DISTTRAIN              the program outside of the containers (default: what this checkout has built)
# shellcheck disable=SC2016 # what is in single quotes is for other shells
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
cache=${DISTTRAIN_IMAGE_CACHE:-$HOME/.cache/disttrain-images}
# What must not outlive a restart of the machine.
state=/run/disttrain-images-$(printf %s "$cache" | sha256sum | cut -c1-8)

skip() {
    echo "skipped: $1"
    exit 77
}

say() { echo "$(date +%T) $*" >&2; }

prepare() {
    [ "$(id -u)" -eq 0 ] || skip "it takes root to make a base image and to run containers of other users"
    local program
    for program in podman jq mmdebstrap dotnet; do
        command -v "$program" > /dev/null || skip "$program is not installed"
    done
    unshare --mount --net true 2> /dev/null || skip "root may not make namespaces here"
    mkdir -p "$cache" "$state"
    # crun refuses cgroups of both versions side by side.
    runtime=$(command -v runc || command -v crun) || skip "neither runc nor crun is installed"
    # Where root may not raise limits, containers get those that there are.
    if [ "$(((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24) & 1))" -eq 0 ]; then
        printf '#!/bin/bash\nruntime=%q\n' "$runtime" > "$cache/runtime.$$"
        cat >> "$cache/runtime.$$" << 'WRAPPER'
# The OCI runtime without what takes CAP_SYS_RESOURCE.
arguments=("$@")
for ((i = 0; i < ${#arguments[@]}; i++)); do
    case ${arguments[i]} in
        --bundle | -b) file=${arguments[i + 1]}/config.json at=.process ;;
        --process | -p) file=${arguments[i + 1]} at=. ;;
        *) continue ;;
    esac
    jq "$at |= del(.rlimits, .oomScoreAdj)" "$file" > "$file.new" && mv "$file.new" "$file"
done
exec "$runtime" "$@"
WRAPPER
        chmod +x "$cache/runtime.$$"
        mv "$cache/runtime.$$" "$cache/runtime"
        runtime=$cache/runtime
    fi
    # Written beside and renamed: several of these may run at once.
    cat > "$cache/containers.$$" << CONF
[containers]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "$cache/networks"
CONF
    mv "$cache/containers.$$" "$cache/containers.conf"
    export CONTAINERS_CONF=$cache/containers.conf
}

podman() { command podman --root "$cache/storage" --runroot "$state/run" --tmpdir "$state/tmp" --runtime "$runtime" "$@"; }

# Stands in for the public base images: Debian's packages unpacked, their set-up scripts not run; redis-server is for the pods.
make_base() {
    local dotnet packages=base-passwd,bash,coreutils,dash,findutils,grep,hostname,libssl3,libstdc++6,redis-server,sed,tzdata
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    local key
    key=$({ declare -f make_base && "$dotnet/dotnet" --list-runtimes; } | sha256sum | cut -c1-12)
    if podman image exists "localhost/base:$key" && podman image exists "localhost/sdk:$key"; then
        say "the base images are there"
    else
        say "unpacking Debian packages"
        mmdebstrap --quiet --variant=extract --mode=root --include="$packages" \
            bookworm "$state/debian.tar" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" || skip "Debian's packages can't be had"
        podman import --quiet "$state/debian.tar" localhost/unpacked > /dev/null
        rm "$state/debian.tar"
        # Without a name for root, MSBuild waits for its own nodes for ever.
        printf 'FROM localhost/unpacked\nRUN cd /usr/share/base-passwd && cp group.master /etc/group && { cat passwd.master; echo app:x:1654:1654::/tmp:/bin/sh; echo redis:x:999:999::/data:/bin/sh; } > /etc/passwd && mkdir /data && chown 999:999 /data\n' > "$state/debian"
        build --layers=false --tag localhost/debian --file "$state/debian" "$state"
        say "adding .NET of $dotnet"
        printf 'FROM localhost/debian\nCOPY dotnet /usr/share/dotnet/\nCOPY host /usr/share/dotnet/host\nCOPY shared /usr/share/dotnet/shared\n' > "$state/base"
        build --layers=false --tag "localhost/base:$key" --file "$state/base" "$dotnet"
        printf 'FROM localhost/debian\nENV PATH=/usr/share/dotnet:/usr/bin:/bin HOME=/root DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false\n' > "$state/sdk"
        build --layers=false --tag "localhost/sdk:$key" --file "$state/sdk" "$state"
        podman tag localhost/debian localhost/redis:7.4
    fi
    base_images=(--build-arg "BASE_IMAGE=localhost/base:$key" --build-arg "SDK_IMAGE=localhost/sdk:$key")
    # The SDK is lent to the build, not copied.
    sdk=$dotnet
}

build() { podman build --quiet --isolation chroot --pull-never "$@" > /dev/null; }

build_image() {
    make_base
    local packages=${NUGET_PACKAGES:-$HOME/.nuget/packages} compiled=$repository/src/DistTrain.Cli/obj/ready-to-run secret=()
    mkdir -p "$packages" "$compiled"
    [ -z "${NUGET_CONFIG:-}" ] || secret=(--secret "id=nuget,src=$NUGET_CONFIG")
    say "building deploy/Dockerfile"
    podman build --isolation chroot --layers --pull-never "${base_images[@]}" "${secret[@]}" \
        --volume "$sdk:/usr/share/dotnet:ro" --volume "$packages:/packages" --build-arg NUGET_PACKAGES=/packages \
        --volume "$compiled:/compiled" --build-arg READY_TO_RUN=/compiled \
        --tag localhost/disttrain:dev --file "$repository/deploy/Dockerfile" "$repository" > "$cache/build.log" 2>&1 ||
        { tail -n 40 "$cache/build.log" >&2; exit 1; }
    say "built localhost/disttrain:dev"
    podman image inspect localhost/disttrain:dev --format '{{.Id}} {{.Size}} bytes, {{len .RootFS.Layers}} layers'
}

# Hardened as the manifests have it.
start() { # name, further arguments of podman run
    local name=$1
    shift
    podman run --detach --name "$prefix-$name" --network "$prefix" --network-alias "$name" --pull never --read-only --read-only-tmpfs=false --tmpfs /tmp:size=64m \
        --cap-drop all --security-opt no-new-privileges "$@" > /dev/null
    containers+=("$prefix-$name")
}

clean_up() {
    local status=$?
    if [ "$status" -ne 0 ]; then
        for name in "${containers[@]}"; do
            echo "--- the last lines of $name" >&2
            podman logs --tail 20 "$name" >&2 || true
        done
    fi
    [ "${#containers[@]}" -eq 0 ] || podman rm --force --volumes --time 0 "${containers[@]}" > /dev/null || true
    ! podman network exists "$prefix" || podman network rm --force "$prefix" > /dev/null || true
    rm -rf "$work"
    exit "$status"
}

# Waits until a role says where it listens.
await() {
    local i
    for ((i = 0; i < 240; i++)); do
        ! podman logs "$prefix-$1" 2>&1 | grep -q '"event":"listening"' || return 0
        [ "$(podman inspect --format '{{.State.Running}}' "$prefix-$1")" = true ] || break
        sleep 0.5
    done
    echo "$1 does not come up" >&2
    return 1
}

fail() {
    echo "failed: $1" >&2
    exit 1
}

train() {
    local program=${DISTTRAIN:-}
    for build in Release Debug; do
        [ -n "$program" ] || [ ! -x "$repository/src/DistTrain.Cli/bin/$build/net10.0/disttrain" ] || program=$repository/src/DistTrain.Cli/bin/$build/net10.0/disttrain
    done
    [ -n "$program" ] || skip "there is no program to compare with: dotnet build, or say where by DISTTRAIN"

    prefix=disttrain-$$
    containers=()
    work=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT TERM

    "$program" certs --out "$work/certs" --hosts localhost,127.0.0.1,server-0,server-1 --submitters alice > /dev/null
    echo 'limits: {jobs: 2}' > "$work/certs/worker/access.yaml"
    openssl rand -hex 32 > "$work/password"
    chown -R 1654:1654 "$work/certs/worker"
    chmod 755 "$work" "$work/certs"
    chmod 644 "$work/password"
    cat > "$work/job.yaml" << 'JOB'
apiVersion: disttrain.dev/v1
kind: TrainingJob
metadata:
  name: image
spec:
  dataset: {trainExamples: 2048, testExamples: 256}
  model: {name: mlp}
  workers: 2
  batch: 128
  epochs: 1
JOB

    say "starting Redis, two servers and two silos"
    podman network create "$prefix" > /dev/null
    local subnet secrets=(--volume "$work/certs/worker:/run/secrets/disttrain:ro" --volume "$work/password:/run/secrets/redis/password:ro")
    subnet=$(podman network inspect "$prefix" | jq -r '.[0].subnets[0].subnet | sub("\\.[0-9]+/.*"; "")')
    start redis --user 999:999 --volume /data "${secrets[@]}" localhost/redis:7.4 sh -c 'exec redis-server - <<END
appendonly yes
appendfsync always
save ""
dir /data
requirepass $(cat /run/secrets/redis/password)
END'
    local i
    for i in 0 1; do
        start "server-$i" --volume /jobs "${secrets[@]}" localhost/disttrain:dev server --host=0.0.0.0 --port=6000 \
            --certs=/run/secrets/disttrain --access=/run/secrets/disttrain/access.yaml '--job-folder=/jobs/{job}'
    done
    for i in 0 1; do
        start "worker-$i" --ip "$subnet.$((100 + i))" --publish 127.0.0.1::5000 "${secrets[@]}" localhost/disttrain:dev worker --host=0.0.0.0 --port=5000 \
            --advertise="$subnet.$((100 + i))" --silo-port=11111 --certs=/run/secrets/disttrain --access=/run/secrets/disttrain/access.yaml \
            --cluster=redis://redis:6379/0 --redis-password-file=/run/secrets/redis/password --servers=server-0:6000,server-1:6000 --data-root=/tmp
    done
    for i in server-0 server-1 worker-0 worker-1; do await "$i"; done

    local endpoint inside outside status=0
    endpoint=$(podman port "$prefix-worker-1" 5000/tcp)
    say "submitting to $endpoint"
    "$program" submit "$work/job.yaml" --endpoint "$endpoint" --id stranger > /dev/null 2>&1 || status=$?
    [ "$status" -ne 0 ] || fail "a client without a certificate was let in"
    inside=$("$program" submit "$work/job.yaml" --endpoint "$endpoint" --certs "$work/certs/alice" --id image --watch --output json | jq -r 'select(.weightsSha256) | .weightsSha256' | tail -n 1)
    outside=$("$program" train "$work/job.yaml" --out "$work/run" --output json | jq -r 'select(.weightsSha256) | .weightsSha256' | tail -n 1)
    echo "weights of the containers:     $inside"
    echo "weights of the same job here:  $outside"
    [ -n "$inside" ] || fail "the job did not end"
    [ "$inside" = "$outside" ] || fail "the weights differ"

    # What was asked for is so.
    podman exec "$prefix-worker-0" sh -c 'test "$(id -u)" = 1654 && grep -q "^CapEff:.0*$" /proc/1/status && ! touch /app/new 2> /dev/null' ||
        fail "a silo runs as root, with capabilities, or on a root file system that it may write to"
    for i in worker-1 server-1 redis; do
        podman stop --time 30 "$prefix-$i" > /dev/null
        [ "$(podman inspect --format '{{.State.ExitCode}}' "$prefix-$i")" = 0 ] || fail "$i did not end in order"
    done
    say "the same weights; silo, server and Redis ended in order"
}

prepare
case ${1:-all} in
    build) build_image ;;
    train) train ;;
    podman) shift && podman "$@" ;;
    all) build_image && train ;;
    *) echo "unknown: $1" >&2 && exit 2 ;;
esac
