using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace DistTrain.Cli.Commands;

/// <summary>The library's help followed by the command's examples.</summary>
internal sealed class ExamplesHelp(HelpAction library) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        ["train"] =
        [
            "disttrain train",
            "disttrain train job.yaml --silos 4 --servers 2 --out runs/first",
            "disttrain train --set dataset.name=mnist --set dataset.path=data/mnist --set batch=256 --set optimizer.lr=0.1",
            "disttrain train --output json | tail -1",
        ],
        ["submit"] =
        [
            "disttrain submit job.yaml --endpoint 127.0.0.1:5000 --watch",
            "disttrain submit job.yaml --endpoint 127.0.0.1:5000 --id nightly-17 --set seed=17",
        ],
        ["watch"] = ["disttrain watch nightly-17 --endpoint 127.0.0.1:5000 --from-step 100"],
        ["resume"] =
        [
            "disttrain resume runs/first",
            "disttrain resume runs/first --silos 4 --servers 2",
            "disttrain resume nightly-17 --endpoint 127.0.0.1:5000",
        ],
        ["list"] = ["disttrain list --endpoint 127.0.0.1:5000"],
        ["cancel"] = ["disttrain cancel nightly-17 --endpoint 127.0.0.1:5000"],
        ["download"] = ["disttrain download nightly-17 --endpoint 127.0.0.1:5000 --out models/nightly-17"],
        ["server"] = ["disttrain server --port 6000 --job-folder 'runs/{job}' --memory-limit 4GiB"],
        ["worker"] = ["disttrain worker --port 5000 --cluster cluster --servers 127.0.0.1:6000,127.0.0.1:6001"],
        ["operator"] =
        [
            "disttrain operator --endpoint 127.0.0.1:5000 --kubeconfig ~/.kube/config --namespace research",
            "disttrain operator --endpoint disttrain:5000 --certs /run/secrets/disttrain/tls --host 0.0.0.0 --http-port 8080 --log json",
        ],
        ["certs"] = ["disttrain certs", "disttrain certs --out certs --hosts 10.0.0.7,*.server.disttrain.svc --submitters alice,bob"],
        ["eval"] = ["disttrain eval runs/first", "disttrain eval runs/first/model.safetensors --set dataset.path=/data/mnist"],
        ["diagnose"] =
        [
            "disttrain diagnose runs/first",
            "disttrain diagnose runs/first/checkpoints/step-100 --top 5 --examples all --precision float64 --output json",
            "disttrain diagnose runs/first --escape escaped.safetensors",
        ],
        ["slice"] =
        [
            "disttrain slice runs/first --plot slice.svg",
            "disttrain slice runs/first --dimensions 2 --points 21 --plot plane.svg",
            "disttrain slice runs/first/checkpoints/step-100 --to runs/first --plot between.svg",
        ],
        ["export"] =
        [
            "disttrain export runs/first",
            "disttrain export runs/first/model.safetensors --input 1,28,28 --out digits.onnx",
            "disttrain export runs/first/checkpoints/step-100 --to safetensors",
            "disttrain export runs/first --to safetensors --names pytorch --out theirs.safetensors",
        ],
        ["verify"] = ["disttrain verify runs/first", "disttrain verify runs/first --set dataset.path=/data/mnist --output json"],
        ["report"] = ["disttrain report runs/first", "disttrain report runs/first runs/second --out compared.html", "disttrain report studies/mlp"],
        ["page"] = ["disttrain page runs/first", "disttrain page studies/mlp --port 8088"],
        ["schedule"] =
        [
            "disttrain schedule job.yaml",
            "disttrain schedule --set schedule.name=cosine --set schedule.warmupEpochs=1 --plot rates.svg",
            "disttrain schedule job.yaml --examples 60000 --every 100 --output json",
        ],
        ["study"] =
        [
            "disttrain study large-batch-mlp --set dataset.path=data/mnist --out studies/mlp",
            "disttrain study large-batch-mlp --set dataset.path=data/mnist --only lars-4096-s1 --only lamb",
        ],
        ["chaos"] =
        [
            "disttrain chaos --seed 7 --kills 10",
            "disttrain chaos --runs 20 --kills 3 --out chaos/mnist --set dataset.name=mnist --set dataset.path=data/mnist --set epochs=1",
        ],
        ["recipes"] = ["disttrain recipes", "disttrain recipes lars-32k"],
        ["optimizers"] = ["disttrain optimizers", "disttrain optimizers momentum"],
        ["schedules"] = ["disttrain schedules", "disttrain schedules cosine --output json"],
        ["doctor"] = ["disttrain doctor"],
    };

    /// <summary>Help is asked for on lines that are not complete.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        ArgumentNullException.ThrowIfNull(parseResult);
        var code = library.Invoke(parseResult);
        if (!Examples.TryGetValue(parseResult.CommandResult.Command.Name, out var examples))
            examples = ["disttrain train", "disttrain train job.yaml --set workers=4 --out runs/first", "disttrain doctor", "disttrain train --help"];
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in examples)
            output.WriteLine("  " + example);
        return code;
    }
}
