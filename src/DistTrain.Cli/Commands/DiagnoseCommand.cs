using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Client;
using DistTrain.Optimization.Landscape;
using DistTrain.Protocol.Clients;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain diagnose</c>: saddle or minimum, from the curvature of the loss at saved weights.</summary>
internal static class DiagnoseCommand
{
    /// <summary>Between two lines for people.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Option<int> Top = SharedOptions.Number("--top", "Eigenvalues at either end of the spectrum.", 1, 1);

    private static readonly Option<int> Steps = SharedOptions.Number("--steps", "Most Hessian-vector products for the ends of the spectrum; it takes fewer when they are found.", 40, 1);

    private static readonly Option<int> Directions = SharedOptions.Number("--directions", "Random directions for shares and trace; from 2 on with error bars, 0 leaves them out.", 5, 0);

    private static readonly Option<int> DirectionSteps = SharedOptions.Number("--direction-steps", "Products of each of them.", 20, 1);

    private static readonly Option<double> GradientTolerance = Positive("--gradient-tolerance", "Largest gradient norm of a critical point.", new CriticalPointTolerances().Gradient);

    private static readonly Option<double> CurvatureTolerance = Positive("--curvature-tolerance", "What counts as 0, as a share of the largest eigenvalue's amount.", new CriticalPointTolerances().RelativeCurvature);

    private static readonly Option<double?> Sharpness = new("--sharpness")
    {
        Description = "Look for the highest loss in boxes around the weights, of this ε (0.001 and 0.0005 are the paper's).",
        HelpName = "x",
        CustomParser = result => ParsePositive(result, "--sharpness"),
    };

    private static readonly Option<double> Rho = Positive("--rho", "With --sharpness: side of the adaptive box, as a share of each weight's amount.", new SharpnessPlan().Rho);

    private static readonly Option<int> Subspace = SharedOptions.Number("--subspace", "With --sharpness: dimensions of the random subspace; 0 leaves it out.", new SharpnessPlan().Subspace, 0);

    private static readonly Option<int> Passes = SharedOptions.Number("--passes", "With --sharpness: gradient passes that each box gets.", new SharpnessPlan().Passes, 4);

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "File of all results; without it, diagnosis-step-N.json in the run's folder.",
        HelpName = "file.json",
    };

    private static readonly Option<string?> Plot = new("--plot")
    {
        Description = "Draw the density of eigenvalues into this SVG file as well; it takes --directions.",
        HelpName = "file.svg",
    };

    private static readonly Option<string[]> Beside = new("--beside")
    {
        Description = "With --plot: another diagnosis' file of results, drawn into the same picture. May be repeated.",
        HelpName = "file.json",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> EscapeTo = new("--escape")
    {
        Description = "Try a step along the most negative curvature, both ways, and write the weights there into this file when the loss is lower.",
        HelpName = "model.safetensors",
    };

    private static readonly Option<Endpoint?> At = new("--endpoint")
    {
        Description = "Have a cluster compute it: any worker silo of it. The argument is then the id of a job, or a path that its servers can read.",
        HelpName = "host:port",
        CustomParser = result => SharedOptions.ParseEndpoint(result, result.Tokens[0].Value),
    };

    private static readonly Option<long?> Step = new("--step")
    {
        Description = "With --endpoint: the step of the job's checkpoint; without it, the newest.",
        HelpName = "n",
    };

    public static Command Create() => new Command(
        "diagnose", "Say whether saved weights are at a minimum, a saddle point or none of them: gradient, ends of the Hessian's spectrum, shares of its eigenvalues, trace, sharpness.")
    {
        SharedOptions.Checkpoint,
        SharedOptions.Set,
        LandscapeOptions.Data,
        LandscapeOptions.Examples,
        LandscapeOptions.Mode,
        LandscapeOptions.Precision,
        Top,
        Steps,
        Directions,
        DirectionSteps,
        LandscapeOptions.Seed,
        GradientTolerance,
        CurvatureTolerance,
        Sharpness,
        Rho,
        Subspace,
        Passes,
        Out,
        Plot,
        Beside,
        EscapeTo,
        At,
        Step,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var plan = PlanOf(context);
        var picture = PictureOf(context, plan);
        if (context.GetOrDefault(At) is { } endpoint)
            return AskAsync(context, endpoint, picture);
        if (context.GetOrDefault(Step) is not null)
            throw CommandException.BadInput("--step: is of a job of a cluster; name its --endpoint, or the step-N folder");
        if (plan.Ends.Largest > plan.Ends.Steps)
            throw CommandException.BadInput($"--top {plan.Ends.Largest}: so many eigenvalues need as many products; give at least --steps {plan.Ends.Largest}");
        var (saved, data) = LandscapeOptions.Read(context, SharedOptions.Checkpoint);
        var file = SharedOptions.ForWriting("--out", context.GetOrDefault(Out) ?? Path.Combine(saved.Home, DiagnosisFile.NameOf(saved.Step)));
        var escape = context.GetOrDefault(EscapeTo) is { } name ? SharedOptions.ForWriting("--escape", name) : null;
        return Task.FromResult(context.Get(LandscapeOptions.Precision) == LandscapeOptions.Float64
            ? Run<double>(context, saved, data, plan, file, escape, picture)
            : Run<float>(context, saved, data, plan, file, escape, picture));
    }

    /// <summary>A cluster computes it.</summary>
    private static async Task<int> AskAsync(CommandContext context, Endpoint endpoint, Picture? picture)
    {
        if (context.GetOrDefault(EscapeTo) is not null)
            throw CommandException.BadInput("--escape: the way out is tried where the weights are written; leave --endpoint out, and name a checkpoint's folder");
        var looked = ClusterTarget.Of(
            context.Get(SharedOptions.Checkpoint), context.GetOrDefault(Step), context.Get(SharedOptions.Set));
        var recipe = new ProbeRecipe
        {
            Weights = looked.Weights,
            Data = context.Get(LandscapeOptions.Data),
            Examples = context.Get(LandscapeOptions.Examples) switch { { IsFirm: false } => null, var count => count.Number ?? 0 },
            Mode = context.Get(LandscapeOptions.Mode),
            Precision = context.Get(LandscapeOptions.Precision),
            Top = context.Get(Top),
            Steps = context.Get(Steps),
            Directions = context.Get(Directions),
            DirectionSteps = context.Get(DirectionSteps),
            Seed = context.Get(LandscapeOptions.Seed),
            GradientTolerance = context.Get(GradientTolerance),
            CurvatureTolerance = context.Get(CurvatureTolerance),
            Sharpness = context.GetOrDefault(Sharpness) ?? 0,
            Rho = context.Get(Rho),
            Subspace = context.Get(Subspace),
            Passes = context.Get(Passes),
        };
        var id = NewJobId.Make("probe", context.Clock);
        var file = SharedOptions.ForWriting("--out", context.GetOrDefault(Out) ?? $"diagnosis-{id}.json");
        using var cluster = ClientOptions.Open(context, endpoint);
        var run = new ClusterProbe(context, cluster, endpoint, new ProbeProgress(context, Patience));
        var (diagnosed, findings) = await run.RunAsync(id, new ProbeFile("probe", looked.Job, recipe), looked.Source, looked.Step, file);
        try
        {
            DiagnosisFile.Write(diagnosed, recipe.Plan, ClusterProbe.Recursions(findings));
            picture?.Draw(diagnosed.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"results of {looked.Source}");
        }

        context.Print(diagnosed, DiagnosisText.Of(diagnosed));
        return ExitCode.Done;
    }

    private static int Run<T>(CommandContext context, SavedModel saved, ProbeData data, CurvaturePlan plan, string file, string? escape, Picture? picture)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var probe = new Probe<T>(saved, data, plan);
        var (began, stop) = (context.Clock.GetTimestamp(), context.Interruption.Requested);
        var result = probe.Run(new ProbeProgress(context, Patience).Tell, stop);
        try
        {
            var left = escape is null ? null : probe.Leave(result, escape, stop);
            var seconds = context.Clock.GetElapsedTime(began).TotalSeconds;
            var diagnosed = Landscape.Diagnosis.Of(saved, data, context.Get(LandscapeOptions.Data), plan, result, seconds, file) with { Escape = left };
            DiagnosisFile.Write(diagnosed, plan, result.State.Finished);
            picture?.Draw(diagnosed.File);
            context.Print(diagnosed, DiagnosisText.Of(diagnosed));
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"results of {saved.Source}");
        }
    }

    /// <summary>The picture that is wanted, with what is beside it; null: none is.</summary>
    private static Picture? PictureOf(CommandContext context, CurvaturePlan plan)
    {
        var beside = context.Get(Beside);
        if (context.GetOrDefault(Plot) is not { } name)
            return beside.Length == 0 ? null : throw CommandException.BadInput("--beside: goes into a picture; name its --plot");
        if (plan.Directions == 0)
            throw CommandException.BadInput("--plot: a density takes random directions; give at least --directions 1");
        List<SavedDiagnosis> found = [.. beside.Select(DiagnosisFile.Read)];
        var bare = beside.Where((_, i) => found[i].Shares.Count == 0).Select(file => $"--beside {file}: has no density: it was made with --directions 0").ToList();
        return bare.Count == 0 ? new Picture(SharedOptions.ForWriting("--plot", name), found) : throw CommandException.BadInput(bare);
    }

    private static CurvaturePlan PlanOf(CommandContext context) => new(
        new LanczosGoal(context.Get(Steps), Largest: context.Get(Top), Smallest: context.Get(Top)),
        new CriticalPointTolerances(context.Get(GradientTolerance), context.Get(CurvatureTolerance)),
        context.Get(Directions),
        context.Get(DirectionSteps),
        context.Get(LandscapeOptions.Seed),
        Sharpness: context.GetOrDefault(Sharpness) is { } epsilon
            ? new SharpnessPlan(epsilon, context.Get(Rho), context.Get(Subspace), context.Get(Passes), context.Get(LandscapeOptions.Seed))
            : null);

    private static Option<double> Positive(string name, string description, double fallback)
    {
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = "x",
            DefaultValueFactory = _ => fallback,
            CustomParser = result => ParsePositive(result, name),
        };
        return option;
    }

    private static double ParsePositive(ArgumentResult result, string name)
    {
        var text = result.Tokens[0].Value;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value) || value <= 0)
            result.AddError($"{name} must be a number above 0, not '{text}'");
        return value;
    }

    /// <param name="File">Where it goes.</param>
    /// <param name="Beside">What is drawn besides.</param>
    private sealed record Picture(string File, IReadOnlyList<SavedDiagnosis> Beside)
    {
        public void Draw(string results) => DensityPlot.Write(File, [.. Beside, DiagnosisFile.Read(results)]);
    }
}
