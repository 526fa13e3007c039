using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Reports;
using DistTrain.Cli.Results;
using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain study</c>: many jobs that differ in recipe, batch and seed, and the table of what came out.</summary>
internal static class StudyCommand
{
    private static readonly Argument<string> Name = new("study")
    {
        Description = $"One of {string.Join(", ", Study.Names)}, or a YAML file.",
    };

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "Folder of the study; what is done there already is not done again. Default: studies/<name>.",
        HelpName = "folder",
    };

    private static readonly Option<string[]> Only = new("--only")
    {
        Description = "Only cells whose name begins so, e.g. --only lars-4096. May be repeated.",
        HelpName = "prefix",
        DefaultValueFactory = _ => [],
    };

    public static Command Create() => new Command(
        "study", "Compare recipes over batches and seeds: run every cell as a job on a local cluster, restartable, and print the table.")
    {
        Name,
        SharedOptions.Set,
        Out,
        Only,
        PageOptions.Page,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var name = context.Get(Name);
        var study = Study.Read(TextOf(name), Path.GetFileNameWithoutExtension(name), context.Get(SharedOptions.Set), out var problems)
            ?? throw CommandException.BadInput([.. problems.Select(p => p.ToString())]);
        var only = context.Get(Only);
        var cells = study.Cells.Where(c => only.Length == 0 || only.Any(prefix => c.Name.StartsWith(prefix, StringComparison.Ordinal))).ToList();
        if (cells.Count == 0)
            throw CommandException.BadInput($"no cell of {name} begins with {string.Join(" or ", only)}; cells are e.g. {string.Join(", ", study.Cells.Take(3).Select(c => c.Name))}");
        var folder = ResultsFolder<StudyResult>.Open(context.GetOrDefault(Out) ?? Path.Combine("studies", study.Name));
        if (study.Diagnosis is not null)
            LandscapeOptions.Prepare(context, cells[0].Job.Spec.Determinism);
        context.Interruption.EndsInOrder = context.Interruption.HandlesForce = true;
        try
        {
            await using var page = await LivePage.OpenAsync(context, study.Name, PageOptions.PortOf(context), cells.Count);
            await new StudyRun(context, study, folder, page).RunAsync(cells);
        }
        catch (OperationCanceledException)
        {
            await context.Error.WriteLineAsync("interrupted; the same command goes on where it stopped");
            return ExitCode.Cancelled;
        }

        Report.Leave(folder.Path, context.Error, context.Clock);
        if (!context.Json)
            await context.Output.WriteLineAsync("\n" + StudyTable.Markdown(study, StudyResult.Of(folder, study)));
        return ExitCode.Done;
    }

    private static string TextOf(string name)
    {
        if (Study.TextOf(name) is { } text)
            return text;
        try
        {
            return File.ReadAllText(name);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandException.BadInput($"'{name}' is neither a study ({string.Join(", ", Study.Names)}) nor a file that can be read");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"'{name}' is no study ({string.Join(", ", Study.Names)}), and as a file it can't be read");
        }
    }
}
