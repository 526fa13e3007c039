using System.Text.Json;

namespace DistTrain.Tests.Optimizers;

/// <summary>
/// What a case of optimizers.json is called here. torch.optim's defaults decay and adapt every tensor, so nothing is excluded unless a case
/// says <c>exclude_1d</c>.
/// </summary>
internal static class OptimizerMapping
{
    /// <param name="name">The case's name, which alone tells direct cases apart.</param>
    /// <param name="kind">torch.optim's class, or direct.</param>
    /// <param name="hyper">Its hyper-parameters.</param>
    /// <returns>Name in the catalog, and options.</returns>
    public static (string Optimizer, Dictionary<string, object> Options) Of(string name, string kind, Hyper hyper)
    {
        var (optimizer, options) = kind switch
        {
            "SGD" => GradientDescent(name, hyper),
            "Adagrad" => ("adagrad", new()
            {
                ["variant"] = "standard",
                ["rateDecay"] = hyper.Number("lr_decay"),
                ["initial"] = hyper.Number("initial_accumulator_value"),
                ["epsilon"] = hyper.Number("eps"),
            }),
            "RMSprop" => ("rmsprop", new()
            {
                ["variant"] = "standard",
                ["alpha"] = hyper.Number("alpha"),
                ["momentum"] = hyper.Number("momentum"),
                ["centered"] = hyper.Flag("centered"),
                ["epsilon"] = hyper.Number("eps"),
            }),
            "Adam" => ("adam", new(AdamOptions(hyper)) { ["amsgrad"] = hyper.Flag("amsgrad") }),
            "AdamW" => ("adamw", new(AdamOptions(hyper)) { ["amsgrad"] = hyper.Flag("amsgrad") }),
            "RAdam" => ("radam", new(AdamOptions(hyper)) { ["threshold"] = "torch", ["decoupledDecay"] = hyper.Flag("decoupled_weight_decay") }),
            "direct" => Direct(name, hyper),
            _ => throw new InvalidOperationException($"case '{name}' is of class '{kind}', which is mapped to no optimizer"),
        };
        options["lr"] = hyper.Number("lr");
        options["weightDecay"] = hyper.Has("weight_decay") ? hyper.Number("weight_decay") : 0.0;
        IReadOnlyList<string> excluded = hyper.Has("exclude_1d") && hyper.Flag("exclude_1d") ? ["bias", "norm"] : [];
        options["decayExclude"] = excluded;
        if (optimizer is "lars" or "lamb")
            options["adaptExclude"] = excluded;
        return (optimizer, options);
    }

    private static (string Optimizer, Dictionary<string, object> Options) GradientDescent(string name, Hyper hyper)
    {
        var (momentum, dampening, nesterov) = (hyper.Number("momentum"), hyper.Number("dampening"), hyper.Flag("nesterov"));
        return (momentum, dampening, nesterov) switch
        {
            // torch has no velocity to dampen then.
            (0, _, false) => ("gradient-descent", []),
            ( > 0, 0, true) => ("nesterov", new() { ["momentum"] = momentum }),
            ( > 0, _, false) => ("momentum", new() { ["form"] = "torch", ["momentum"] = momentum, ["dampening"] = dampening }),
            _ => throw new InvalidOperationException($"case '{name}': no optimizer has momentum {momentum}, dampening {dampening}, nesterov {nesterov}"),
        };
    }

    private static (string Optimizer, Dictionary<string, object> Options) Direct(string name, Hyper hyper)
    {
        if (name.StartsWith("lars_", StringComparison.Ordinal))
        {
            return ("lars", new()
            {
                ["form"] = IsOf(name, "lars_paper") ? "paper" : IsOf(name, "lars_torchstyle") || IsOf(name, "lars_larc_clip") ? "torch" : throw Unknown(name),
                ["clip"] = hyper.Has("clip") && hyper.Flag("clip"),
                ["momentum"] = hyper.Number("momentum"),
                ["coefficient"] = hyper.Number("eta"),
            });
        }

        if (IsOf(name, "lamb"))
        {
            return ("lamb", new(AdamOptions(hyper))
            {
                ["variant"] = "paper",
                ["biasCorrection"] = hyper.Flag("bias_correction"),
                ["phiMinimum"] = hyper.Has("phi_min") ? hyper.Number("phi_min") : 0.0,
                ["phiMaximum"] = hyper.Has("phi_max") ? hyper.Number("phi_max") : 0.0,
            });
        }

        return IsOf(name, "radam_direct")
            ? ("radam", new(AdamOptions(hyper)) { ["threshold"] = hyper.Number("threshold") switch { 4 => "paper", 5 => "torch", _ => throw Unknown(name) } })
            : throw Unknown(name);
    }

    private static Dictionary<string, object> AdamOptions(Hyper hyper)
    {
        var betas = hyper.Numbers("betas");
        return new() { ["beta1"] = betas[0], ["beta2"] = betas[1], ["epsilon"] = hyper.Number("eps") };
    }

    private static bool IsOf(string name, string family) => name == family || name.StartsWith(family + "_", StringComparison.Ordinal);

    private static InvalidOperationException Unknown(string name) => new($"direct case '{name}' is mapped to no optimizer");
}

/// <summary>A case's hyper-parameters, each of which somebody has to ask for.</summary>
internal sealed class Hyper(string name, JsonElement values)
{
    private readonly HashSet<string> _taken = [];

    public bool Has(string key) => values.TryGetProperty(key, out _);

    public double Number(string key) => Take(key).GetDouble();

    public bool Flag(string key) => Take(key).GetBoolean();

    public double[] Numbers(string key) => [.. Take(key).EnumerateArray().Select(e => e.GetDouble())];

    public void AssertAllTaken()
    {
        if (values.EnumerateObject().Select(p => p.Name).FirstOrDefault(key => !_taken.Contains(key)) is { } left)
            throw new InvalidOperationException($"case '{name}': hyper-parameter '{left}' is mapped to no option");
    }

    private JsonElement Take(string key)
    {
        _taken.Add(key);
        return values.TryGetProperty(key, out var value) ? value : throw new InvalidOperationException($"case '{name}' has no hyper-parameter '{key}'");
    }
}
