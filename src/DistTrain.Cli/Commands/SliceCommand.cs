using System.CommandLine;
using System.Globalization;
using DistTrain.Cli.Display;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain slice</c>: the loss along a line or over a plane through saved weights.</summary>
internal static class SliceCommand
{
    private const string Two = "2";

    private static readonly Option<string?> To = new("--to")
    {
        Description = "Other weights of the same model: the loss from the first (α = 0) to these (α = 1) and beyond, α from −1 to 2, instead of along random directions.",
        HelpName = "checkpoint",
    };

    private static readonly Option<string> Dimensions = SharedOptions.Choice("--dimensions", "Random directions; they are as long as the weights, filter by filter.", "1", Two);

    private static readonly Option<int> Points = SharedOptions.Number("--points", "Points in each direction; 0: 41 on a line, 21 by 21 on a plane.", 0, 0, 1000);

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "File for the results and all losses. Default: slice-step-N-line.json, -plane.json or -between.json in the run's folder, where its report shows it.",
        HelpName = "file.json",
    };

    private static readonly Option<string?> Plot = new("--plot")
    {
        Description = "Draw the curve or the contours into this SVG file as well.",
        HelpName = "file.svg",
    };

    public static Command Create() => new Command("slice", "Show the loss along a line or over a plane through saved weights, or from some weights to others.")
    {
        SharedOptions.Checkpoint,
        SharedOptions.Set,
        To,
        Dimensions,
        Points,
        LandscapeOptions.Data,
        LandscapeOptions.Examples,
        LandscapeOptions.Mode,
        LandscapeOptions.Precision,
        LandscapeOptions.Seed,
        Out,
        Plot,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var (isPlane, to) = (context.Get(Dimensions) == Two, context.GetOrDefault(To));
        if (isPlane && to is not null)
            throw CommandException.BadInput("--dimensions 2 with --to: between two checkpoints there is one direction; leave one of them out");
        if (context.Get(Points) == 1)
            throw CommandException.BadInput("--points 1: a line has at least 2 points");
        var picture = context.GetOrDefault(Plot) is { } name ? SharedOptions.ForWriting("--plot", name) : null;
        var other = to is null ? null : SavedModel.ReadFinite(to);
        var (saved, data) = LandscapeOptions.Read(context, SharedOptions.Checkpoint);
        if (other is not null && other.Layout.Hash != saved.Layout.Hash)
            throw CommandException.BadInput($"--to {to}: these weights are of another model than {saved.Source}");

        var file = SharedOptions.ForWriting("--out", context.GetOrDefault(Out) ?? Path.Combine(saved.Home, SliceFile.NameOf(saved.Step, isPlane, to is not null)));
        var plane = other is null ? Plane.Around(saved, isPlane ? 2 : 1, context.Get(LandscapeOptions.Seed)) : Plane.Between(saved, other);
        var count = context.Get(Points) is > 0 and var given ? given : isPlane ? 21 : 41;
        var grid = Slice.Grid(-1, other is null ? 1 : 2, count, isPlane);
        var (began, stop) = (context.Clock.GetTimestamp(), context.Interruption.Requested);
        if (!context.Json)
            context.Output.WriteLine((isPlane ? "         α          β        loss" : "         α        loss") + (data.Model.TellsNumbers ? "" : "   accuracy"));
        var points = context.Get(LandscapeOptions.Precision) == LandscapeOptions.Float64
            ? Slice.Run<double>(data, plane, grid, Tell, stop)
            : Slice.Run<float>(data, plane, grid, Tell, stop);
        if (picture is not null)
            Draw(picture, saved, other, points);
        var sliced = Closing(context, saved, other, data, points, file, picture) with { Seconds = context.Clock.GetElapsedTime(began).TotalSeconds };
        Keep(sliced, context.Get(LandscapeOptions.Seed), points);
        context.Print(sliced, Closing(sliced));
        return Task.FromResult(ExitCode.Done);

        void Tell(LossEvent point) => context.Print(point, Line(point));
    }

    private static SlicedEvent Closing(
        CommandContext context, SavedModel saved, SavedModel? other, ProbeData data, IReadOnlyList<LossEvent> points, string file, string? picture)
    {
        // What is not a number is above all others.
        var ordered = points.OrderBy(point => double.IsNaN(point.Loss) ? double.PositiveInfinity : point.Loss).ToList();
        return new SlicedEvent(
            saved.Source,
            saved.Step,
            WeightsHash.Compute(saved.Layout, saved.Vector),
            other?.Source,
            context.Get(LandscapeOptions.Data),
            data.Objective.Examples.Length,
            context.Get(LandscapeOptions.Mode),
            points.Count,
            Of(ordered[0]),
            Of(ordered[^1]),
            0,
            file,
            picture);

        static SlicePoint Of(LossEvent point) => new(point.Alpha, point.Beta, point.Loss);
    }

    private static void Keep(SlicedEvent sliced, long seed, IReadOnlyList<LossEvent> points)
    {
        try
        {
            SliceFile.Write(sliced, seed, points);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"results of {sliced.Checkpoint}");
        }
    }

    private static void Draw(string file, SavedModel saved, SavedModel? other, IReadOnlyList<LossEvent> points)
    {
        try
        {
            SlicePlot.Write(
                file, other is null ? saved.Source : $"{saved.Source} → {other.Source}", other is null ? "α, filters' lengths" : "α: 0 the first, 1 the other", points);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--plot {file}");
        }
    }

    private static string Line(LossEvent point)
    {
        var beta = point.Beta is { } value ? string.Create(CultureInfo.InvariantCulture, $" {value,10:0.0000}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{point.Alpha,10:0.0000}{beta} {Figures.Number(point.Loss),11}{(point.Accuracy is { } accuracy ? $" {Figures.Share(accuracy),10}" : "")}");
    }

    private static string Closing(SlicedEvent sliced)
    {
        static string At(SlicePoint point) =>
            $"{Figures.Number(point.Loss)} at α = {Figures.Number(point.Alpha)}{(point.Beta is { } beta ? $", β = {Figures.Number(beta)}" : "")}";
        var drawn = sliced.Plot is { } plot ? $"; drawn into {plot}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sliced.Checkpoint}: loss over {sliced.Examples:N0} examples of the {sliced.Data} set, {sliced.Mode} mode: lowest {At(sliced.Lowest)}, highest {At(sliced.Highest)}; all losses in {sliced.File}{drawn}");
    }
}
