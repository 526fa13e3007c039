using System.CommandLine;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Schedules;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain schedule</c>: the learning rates of a job, before it runs.</summary>
internal static class ScheduleCommand
{
    /// <summary>Lines of the table unless the user says how many steps apart they are.</summary>
    private const int Lines = 24;

    private static readonly Argument<string?> JobFileArgument = new("job.yaml")
    {
        Description = "The job file; without one, all defaults.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<int> Examples =
        SharedOptions.Number("--examples", "Examples in the training set; 0 reads the job's dataset to know.", 0, 0);

    private static readonly Option<int> Every =
        SharedOptions.Number("--every", $"Steps between two lines; 0 gives about {Lines} lines. The first and the last step are always shown.", 0, 0);

    private static readonly Option<string?> Plot = new("--plot")
    {
        Description = "Draw the curve into this SVG file as well.",
        HelpName = "file.svg",
    };

    public static Command Create() => new Command(
        "schedule", "Show the learning rate of each step of a job beforehand, batch scaling and warm-up included. Nothing is trained.")
    {
        JobFileArgument,
        SharedOptions.Set,
        Examples,
        Every,
        Plot,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var spec = JobFileInput.Read(context.GetOrDefault(JobFileArgument), context.Get(SharedOptions.Set), context.Error).Spec;
        var examples = context.Get(Examples) is > 0 and var given ? given : ExamplesOf(spec.Dataset);
        foreach (var warning in Warnings(spec, examples))
            context.Error.WriteLine($"warning: {warning}");
        var curve = JobRates.Curve(spec, examples);
        Print(context, spec, examples, curve);
        if (context.GetOrDefault(Plot) is { } file)
            Draw(file, spec.Schedule.Name, curve, context.Error);
        return Task.FromResult(ExitCode.Done);
    }

    private static void Print(CommandContext context, TrainingSpec spec, int examples, RateCurve curve)
    {
        var rate = JobRates.Resolve(spec);
        context.Print(
            new ScheduleEvent(
                spec.Schedule.Name,
                rate.Scaling.Rule,
                rate.BaseRate,
                rate.Factor,
                rate.LearningRate,
                rate.WarmupEpochs,
                rate.WarmupSteps,
                rate.WarmupFrom,
                curve.TotalSteps,
                curve.TotalEpochs,
                examples),
            RateTable.Header(spec.Schedule.Name, rate, curve, examples));
        foreach (var point in Points(curve, context.Get(Every)))
            context.Print(new RateEvent(point.Step + 1, point.EpochAfter, point.Rate), RateTable.Line(point, rate.LearningRate));
    }

    /// <summary>The steps that are shown: the first, each <paramref name="every"/>-th counted from 1 as in the metrics, the last.</summary>
    private static IEnumerable<RatePoint> Points(RateCurve curve, long every)
    {
        every = every > 0 ? every : Math.Max(1, curve.TotalSteps / Lines);
        var last = curve.TotalSteps - 1;
        if (every > 1)
            yield return curve.At(0);
        foreach (var point in curve.From(every - 1, every).TakeWhile(point => point.Step < last))
            yield return point;
        if (last > 0 || every == 1)
            yield return curve.At(last);
    }

    /// <summary>What the curve cannot show.</summary>
    private static IEnumerable<string> Warnings(TrainingSpec spec, int examples)
    {
        if (ScheduleCheck.Problem(spec, examples) is { } problem)
            yield return problem;
        if (spec.BatchPlan.Following is not null)
            yield return "the batch follows the measured noise, and with it the number of steps: this is the curve of a batch that stays the first one";
        if (spec.AveragingPlan.Alone is not null)
            yield return $"{spec.Averaging.Name}'s second phase, with the rates of averaging.lr, is not shown; the first may end before its last epoch";
    }

    private static int ExamplesOf(DatasetRecipe dataset)
    {
        // Digits are made, as many as the job says: no need to draw them for that.
        if (dataset is { Name: DatasetNames.Digits, TrainExamples: { } made })
            return made;
        try
        {
            return DatasetReader.Read(dataset).Train.Count;
        }
        catch (DatasetException e)
        {
            throw CommandException.BadInput($"{e.Message} Or give --examples.");
        }
    }

    private static void Draw(string file, string title, RateCurve curve, TextWriter notes)
    {
        try
        {
            RatePlot.Write(file, title, curve);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--plot {file}");
        }

        notes.WriteLine($"drawn into {file}");
    }
}
