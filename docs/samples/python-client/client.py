#!/usr/bin/env python3
"""Submits a job to a DistTrain cluster, follows it through lost connections, and downloads its files.

    python3 client.py job.yaml --endpoint 127.0.0.1:5000 --out models/first
    python3 client.py job.yaml --endpoint train.example.com:5000 --certs certs/alice --out models/first

It needs grpcio, and the stubs that stubs.sh makes of protos/ beside this file (docs/clients.md).
"""
import argparse
import pathlib
import random
import sys
import time

import grpc

from disttrain.v1 import training_jobs_pb2 as messages
from disttrain.v1 import training_jobs_pb2_grpc as calls

# What may succeed when it is repeated; everything else has to be changed first.
TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED, grpc.StatusCode.DATA_LOSS,
}
ENDED = {messages.JOB_STATE_COMPLETED, messages.JOB_STATE_FAILED, messages.JOB_STATE_CANCELLED}
PATIENCE = 120  # seconds without a word of the cluster


def connect(options):
    """A channel: in the clear, or by TLS with a certificate or a token."""
    settings = [("grpc.enable_http_proxy", 0), ("grpc.keepalive_time_ms", 30000), ("grpc.max_receive_message_length", 16 << 20)]
    if not options.certs:
        return grpc.insecure_channel(options.endpoint, settings)
    folder = pathlib.Path(options.certs)
    authority = (folder / "ca.crt").read_bytes()
    if not options.token_file:
        credentials = grpc.ssl_channel_credentials(authority, (folder / "tls.key").read_bytes(), (folder / "tls.crt").read_bytes())
    else:
        token = grpc.access_token_call_credentials(pathlib.Path(options.token_file).read_text().strip())
        credentials = grpc.composite_channel_credentials(grpc.ssl_channel_credentials(authority), token)
    return grpc.secure_channel(options.endpoint, credentials, settings)


def repeated(call):
    """Calls until there is an answer that repeating would not change, for PATIENCE seconds."""
    given_up, pause = time.monotonic() + PATIENCE, 0.25
    while True:
        try:
            return call()
        except grpc.RpcError as failure:
            if failure.code() not in TRANSIENT or time.monotonic() > given_up:
                raise
            print(f"{failure.code().name}: {failure.details()}; again in {pause:.2g} s", file=sys.stderr)
        time.sleep(pause * random.uniform(0.75, 1))
        pause = min(2 * pause, 5)


def watch(jobs, job):
    """Each event once and in order. A watch that was cut goes on from the first step not seen yet."""
    seen = Seen()
    given_up, pause = time.monotonic() + PATIENCE, 0.25
    while True:
        try:
            for event in jobs.Watch(messages.WatchRequest(job_id=job, from_step=seen.step + 1)):
                given_up, pause = time.monotonic() + PATIENCE, 0.25
                if seen.is_news(event):
                    yield event
                if event.WhichOneof("event") == "summary" and event.summary.state in ENDED:
                    return
        except grpc.RpcError as failure:
            if failure.code() not in TRANSIENT or time.monotonic() > given_up:
                raise
            print(f"{failure.code().name}: {failure.details()}; goes on after step {seen.step}", file=sys.stderr)
        time.sleep(pause * random.uniform(0.75, 1))
        pause = min(2 * pause, 5)


class Seen:
    """A new attempt tells states and log lines again, and steps that the cluster had to redo, with the same bits."""

    def __init__(self):
        self.step, self.evaluation, self.log = 0, -1, set()

    def is_news(self, event):
        kind = event.WhichOneof("event")
        if kind == "step" and event.step.step > self.step:
            self.step = event.step.step
        elif kind == "evaluation" and event.evaluation.step > self.evaluation:
            self.evaluation = event.evaluation.step
        elif kind == "log" and (event.log.time, event.log.text) not in self.log:
            self.log.add((event.log.time, event.log.text))
        else:
            return kind == "summary"
        return True


def download(jobs, job, folder):
    """Writes the files of a job; each gets its name once it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    name, file = None, None

    def complete():
        if file:
            file.close()
            (folder / (name + ".part")).rename(folder / name)
            print(folder / name)

    for chunk in jobs.Download(messages.DownloadRequest(job_id=job)):
        if chunk.file != name:
            complete()
            name = chunk.file
            if name != pathlib.PurePath(name).name or name.startswith("."):
                raise SystemExit(f"the cluster sent a file named {name!r}")
            file = open(folder / (name + ".part"), "wb")
        file.write(chunk.data)
    complete()


def main():
    parser = argparse.ArgumentParser(description="Submit a job, follow it, download its files.")
    parser.add_argument("job", help="the job file")
    parser.add_argument("--endpoint", required=True, help="any worker silo, host:port")
    parser.add_argument("--certs", help="folder with ca.crt and, unless a token is shown, tls.crt and tls.key; none: in the clear")
    parser.add_argument("--token-file", help="file with a bearer token; needs --certs with ca.crt")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for the files")
    options = parser.parse_args()
    if options.token_file and not options.certs:
        parser.error("--token-file needs --certs: a token does not travel in the clear")

    with connect(options) as channel:
        jobs = calls.TrainingJobsStub(channel)
        # The id is made here, so that a submission that is sent again is the same job.
        wanted = messages.SubmitRequest(
            job_file=pathlib.Path(options.job).read_text(),
            job_id=f"python-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{random.randrange(0x10000):04x}",
        )
        job = repeated(lambda: jobs.Submit(wanted, timeout=300)).job_id
        print(f"job {job}")
        for event in watch(jobs, job):
            kind = event.WhichOneof("event")
            if kind == "step":
                print(f"step {event.step.step}: loss {event.step.loss:.4f}", flush=True)
            elif kind == "evaluation":
                print(f"test after step {event.evaluation.step}: accuracy {event.evaluation.accuracy:.2%}", flush=True)
            elif kind == "log":
                print(event.log.text, flush=True)
            elif kind == "summary":
                summary = event.summary
        if summary.state != messages.JOB_STATE_COMPLETED:
            raise SystemExit(f"job {job}: {messages.JobState.Name(summary.state)} {summary.error}")
        repeated(lambda: download(jobs, job, options.out))
        print(f"weights {summary.result.weights_sha256}")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as refused:
        raise SystemExit(f"{refused.code().name}: {refused.details()}")
