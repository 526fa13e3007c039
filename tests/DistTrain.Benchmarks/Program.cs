using System.CommandLine;
using BenchmarkDotNet.Running;
using DistTrain.Benchmarks.Checkpoints;
using DistTrain.Benchmarks.Devices;
using DistTrain.Benchmarks.Landscape;
using DistTrain.Benchmarks.Normalization;
using DistTrain.Benchmarks.Observability;
using DistTrain.Benchmarks.Overhead;
using DistTrain.Benchmarks.Pages;
using DistTrain.Benchmarks.Peers;
using DistTrain.Benchmarks.Precision;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Benchmarks.Start;
using DistTrain.Benchmarks.Update;
using DistTrain.Benchmarks.Wire;

// Timings are compared within one run only, as medians of ratios: the machine may be shared and noisy.
var data = new Option<string?>("--data") { Description = "Folder of the MNIST files; without it the built-in digits are used." };
var rounds = new Option<int>("--rounds") { Description = "Rounds; each runs both sides.", DefaultValueFactory = _ => 5 };
var steps = new Option<int>("--steps") { Description = "Timed steps of each side and round.", DefaultValueFactory = _ => 30 };
var skip = new Option<int>("--skip") { Description = "Steps before the timed ones: while .NET still compiles, it competes with the ranks.", DefaultValueFactory = _ => 30 };

var overhead = new Command("overhead", "images/s of 2 ranks on 2 silos against two bare TorchSharp loops in two processes (cnn, batch 256 each), and against two that wait for each other after each step.") { data, rounds, steps, skip };
overhead.SetAction(parsed => OverheadBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(steps), parsed.GetValue(skip)));
var together = new Option<bool>("--together") { Description = "Waits for a line after each timed step, too." };
var bare = new Command("bare", "One bare TorchSharp loop; waits for a line on standard input before the timed steps.") { data, steps, skip, together };
bare.SetAction(parsed => BareLoop.Run(parsed.GetValue(data), parsed.GetValue(steps), parsed.GetValue(skip), parsed.GetValue(together)));
var memory = new Command("memory", "Resident size of the silos over 2,000 steps (mlp, batch 128).") { data };
memory.SetAction(parsed => MemoryBenchmark.RunAsync(parsed.GetValue(data)));
var threads = new Option<int>("--threads") { Description = "Threads of both sides.", DefaultValueFactory = _ => Environment.ProcessorCount };
var update = new Command("update", "momentum, LARS, LAMB and the sum of 8 gradients over 25 million floats, beside a copy and beside TorchSharp in place.") { rounds, threads };
update.SetAction(parsed => UpdateBenchmark.Run(parsed.GetValue(rounds), parsed.GetValue(threads)));
var python = new Option<string>("--python") { Description = "Command that runs a Python script under PyTorch, e.g. 'python3'.", DefaultValueFactory = _ => "python3" };
var folder = new Option<string>("--folder") { Description = "Folder for weights, order and data.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "disttrain-pytorch") };
var seenAs = new Option<string?>("--seen-as") { Description = "The same folder as the Python command sees it, when it runs in another root." };
var pytorch = new Command("pytorch", "Losses of the first 50 steps of the mlp beside PyTorch, from the same weights over the same batches.") { data, python, folder, seenAs };
pytorch.SetAction(parsed => PyTorchComparison.RunAsync(
    parsed.GetValue(data) ?? throw new ArgumentException("--data is needed: the folder of the MNIST files"),
    parsed.GetValue(python)!,
    parsed.GetValue(folder)!,
    parsed.GetValue(seenAs)));
var corpus = new Option<string>("--data") { Description = "Folder with train.txt and test.txt.", Required = true };
var optimizer = new Option<string>("--optimizer") { Description = "adamw or lamb.", DefaultValueFactory = _ => "adamw" };
optimizer.AcceptOnlyFromAmong("adamw", "lamb");
var text = new Command("text", "300 steps of a transformer over characters, 2 ranks on 2 silos, and the validation loss behind them, beside PyTorch from the same weights over the same batches.") { corpus, optimizer, python, folder, seenAs };
text.SetAction(parsed => TextComparison.RunAsync(parsed.GetValue(corpus)!, parsed.GetValue(optimizer)!, parsed.GetValue(python)!, parsed.GetValue(folder)!, parsed.GetValue(seenAs)));
var norm = new Command("norm", "Step time of resnet20 with BatchNorm over both ranks against BatchNorm of each (2 silos, 64 images a rank), messages and round trips.") { data, rounds, steps, skip };
norm.SetAction(parsed => NormalizationBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(steps), parsed.GetValue(skip)));
var timed = new Option<int>("--seconds") { Description = "Timed seconds of each round.", DefaultValueFactory = _ => 120 };
var checkpoints = new Command("checkpoints", "images/s with a checkpoint every 50 steps against without, side by side (cnn, batch 128, 2 ranks on 2 silos).") { data, rounds, timed, skip };
checkpoints.SetAction(parsed => CheckpointBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(timed), parsed.GetValue(skip)));
var sampled = new Option<double>("--sampled") { Description = "Share of the steps that are traced.", DefaultValueFactory = _ => 0.1 };
var observability = new Command("observability", "images/s with metrics scraped each second and traces sent by OTLP against neither, side by side (cnn, batch 128, 2 ranks on 2 silos).") { data, rounds, timed, skip, sampled };
observability.SetAction(parsed => ObservabilityBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(timed), parsed.GetValue(skip), parsed.GetValue(sampled)));
var recovery = new Command("recovery", "Seconds from the loss of a silo or a server, each way of losing it, to the next committed step (4 ranks, 3 silos, 2 servers).") { rounds };
recovery.SetAction(parsed => RecoveryBenchmark.RunAsync(parsed.GetValue(rounds)));
var seconds = new Option<int>("--seconds") { Description = "Timed seconds between the changes.", DefaultValueFactory = _ => 20 };
var scale = new Command("scale", "images/s on 2, then 4, then 1 silos during one job, and whether its weights are those of an undisturbed run.") { seconds };
scale.SetAction(parsed => ScaleBenchmark.RunAsync(parsed.GetValue(seconds)));
var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 30 };
var interval = new Option<int>("--interval") { Description = "Seconds from fault to fault.", DefaultValueFactory = _ => 20 };
var soak = new Command("soak", "Memory, handles and errors of the processes that are spared while others are killed, hang and leave (mlp, 4 ranks, 3 silos, 2 servers).") { minutes, interval };
soak.SetAction(parsed => SoakBenchmark.RunAsync(parsed.GetValue(minutes), parsed.GetValue(interval)));
var other = new Option<string?>("--other") { Description = "The disttrain executable of another build, which takes turns with this one's." };
var length = new Option<int>("--steps") { Description = "Steps of each run; 1,500 to see the late ones.", DefaultValueFactory = _ => 150 };
var start = new Command("start", "Seconds from the start of train to its first step, and the first fifty (mlp, batch 256, 2 ranks on 2 silos).") { data, other, rounds, length };
start.SetAction(parsed => StartBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(other), parsed.GetValue(rounds), parsed.GetValue(length)));
var wireSteps = new Option<int>("--steps") { Description = "Timed steps of each way.", DefaultValueFactory = _ => 500 };
var wireSkip = new Option<int>("--skip") { Description = "Steps before the timed ones.", DefaultValueFactory = _ => 300 };
var wire = new Command("wire", "The exchange without compute, 4.8 MB both ways for each of 2 ranks: milliseconds and processor time a step, in shared memory and in messages.") { rounds, wireSteps, wireSkip };
wire.SetAction(parsed => WireBenchmark.RunAsync(parsed.GetValue(rounds), parsed.GetValue(wireSteps), parsed.GetValue(wireSkip)));
var endpoint = new Option<string>("--endpoint") { Description = "The server.", Required = true };
var number = new Option<int>("--rank") { Description = "Which of the two." };
var inMemory = new Option<bool>("--in-memory") { Description = "In shared memory." };
var wireRank = new Command("wire-rank", "One rank of 'wire'; waits for a line on standard input before the timed steps.") { endpoint, number, inMemory, wireSteps, wireSkip };
wireRank.SetAction(parsed => WireBenchmark.RankAsync(parsed.GetValue(endpoint)!, parsed.GetValue(number), parsed.GetValue(inMemory), parsed.GetValue(wireSteps), parsed.GetValue(wireSkip)));
var mnist = new Option<string>("--data") { Description = "Folder of the MNIST files.", Required = true };
var cifar = new Option<string?>("--cifar") { Description = "Folder for CIFAR-10 files, which are made there; without it resnet20 is left out." };
var cifarSeenAs = new Option<string?>("--cifar-seen-as") { Description = "The same folder as the Python command sees it, when it runs in another root." };
var peer = new Option<string?>("--pytorch") { Description = "Command that runs ddp_train.py under PyTorch, e.g. ../shared/peers/pytorch.sh; without it ours are measured alone." };
var only = new Option<string?>("--only") { Description = "One model: mlp, cnn, cnn + BatchNorm or resnet20." };
var also = new Option<string[]>("--set") { Description = "KEY=VALUE of our job, e.g. precision=bfloat16 beside a --pytorch that trains under autocast." };
var peers = new Command("peers", "Steps of mlp, cnn, cnn with BatchNorm and resnet20 over 2 ranks on 2 silos beside PyTorch DDP over gloo, in turns, cold and warm.") { mnist, cifar, cifarSeenAs, peer, rounds, only, also };
peers.SetAction(parsed => PeersBenchmark.RunAsync(
    parsed.GetValue(mnist)!, CifarFiles.Make(parsed.GetValue(cifar), parsed.GetValue(cifarSeenAs)), parsed.GetValue(peer), parsed.GetValue(rounds), parsed.GetValue(only), parsed.GetValue(also) ?? []));
var largeSteps = new Option<int>("--steps") { Description = "Timed steps of each side and round.", DefaultValueFactory = _ => 10 };
var isRehearsal = new Option<bool>("--rehearse") { Description = "The same models much smaller." };
var onlyLarge = new Option<string?>("--only") { Description = "One model: resnet50 or bert." };
var large = new Command("large", "Steps of resnet50 (224 by 224) and bert (base, 128 tokens) over 2 ranks on 2 silos beside PyTorch DDP over gloo, in turns, with processor time and memory of each side.") { python, folder, seenAs, rounds, largeSteps, isRehearsal, onlyLarge };
large.SetAction(parsed => LargeBenchmark.RunAsync(
    parsed.GetValue(python)!, parsed.GetValue(folder)!, parsed.GetValue(seenAs), parsed.GetValue(rounds), parsed.GetValue(largeSteps), parsed.GetValue(isRehearsal), parsed.GetValue(onlyLarge)));
var passes = new Option<int>("--passes") { Description = "Passes of each side and round.", DefaultValueFactory = _ => 10 };
var precision = new Command("precision", "A gradient over 128 examples in float32 and in bfloat16, one thread, by model.") { data, rounds, passes };
precision.SetAction(parsed => PrecisionBenchmark.Run(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(passes)));
var onlyModel = new Option<string?>("--only") { Description = "Models whose line has this in it, as resnet20." };
var product = new Command("product", "A Hessian-vector product beside a gradient pass over the same 256 examples, one thread, by model and type.") { data, rounds, passes, onlyModel };
product.SetAction(parsed => ProductBenchmark.Run(parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(passes), parsed.GetValue(onlyModel)));
var examples = new Option<int>("--examples") { Description = "Examples that the loss is over; 0: all.", DefaultValueFactory = _ => 0 };
var probed = new Option<string>("--model") { Description = "As in a job file.", DefaultValueFactory = _ => "{name: cnn}" };
var probe = new Command("probe", "20 Lanczos iterations in gradient passes over the same examples.") { data, examples, probed };
probe.SetAction(parsed => ProbeBenchmark.Run(parsed.GetValue(data), parsed.GetValue(examples), parsed.GetValue(probed)!));
var part = new Option<string?>("--only") { Description = $"One part: {string.Join(", ", PageBenchmark.Parts)}." };
part.AcceptOnlyFromAmong([.. PageBenchmark.Parts]);
var viewers = new Option<int>("--viewers") { Description = "How many follow a run; so many that their cost is more than the noise say what few cost.", DefaultValueFactory = _ => 5 };
var page = new Command("page", "The page in chromium: steps and kills until they are shown, 1,000,000 steps and 200 runs until they are drawn, images/s with viewers against none.") { part, data, rounds, timed, skip, viewers };
page.SetAction(parsed => PageBenchmark.RunAsync(parsed.GetValue(part), parsed.GetValue(data), parsed.GetValue(rounds), parsed.GetValue(timed), parsed.GetValue(skip), parsed.GetValue(viewers)));
var gpuSteps = new Option<int>("--steps") { Description = "Timed steps of each model.", DefaultValueFactory = _ => 60 };
var rehearse = new Option<bool>("--rehearse") { Description = "The processor plays the devices: what would be done on a machine with a GPU." };
var onlyGpu = new Option<string?>("--only") { Description = "Models whose name has this in it." };
var gpu = new Command("gpu", "On a machine with an NVIDIA GPU, under ten minutes: doctor, the same bits three times and through kills, how far the processor's weights are, images/s.") { data, gpuSteps, rehearse, onlyGpu };
gpu.SetAction(parsed => GpuBenchmark.RunAsync(parsed.GetValue(data), parsed.GetValue(gpuSteps), parsed.GetValue(rehearse), parsed.GetValue(onlyGpu)));
var micro = new Command("micro", "BenchmarkDotNet: the update and the aggregation beside a copy.") { TreatUnmatchedTokensAsErrors = false };
micro.SetAction(parsed => BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. parsed.UnmatchedTokens]));

return await new RootCommand("Measurements of DistTrain; results/ holds checked-in ones with their commands.") { start, overhead, bare, memory, update, wire, wireRank, peers, large, norm, checkpoints, observability, page, recovery, scale, soak, pytorch, text, precision, product, probe, gpu, micro }
    .Parse(args).InvokeAsync();
