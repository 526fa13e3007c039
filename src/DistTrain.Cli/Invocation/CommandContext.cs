using System.CommandLine;
using DistTrain.Cli.Output;
using DistTrain.Observability;

namespace DistTrain.Cli.Invocation;

/// <summary>What every command gets: its parsed arguments, the two streams, the clock and the user's wish to stop.</summary>
internal sealed class CommandContext
{
    public required ParseResult Arguments { get; init; }

    /// <summary>Standard output: results only.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard error: problems.</summary>
    public required TextWriter Error { get; init; }

    public required TimeProvider Clock { get; init; }

    public required Interruption Interruption { get; init; }

    /// <summary>True when standard output carries JSON lines and nothing else.</summary>
    public required bool Json { get; init; }

    /// <summary>What the command waits for.</summary>
    public Waits Waits => field ??= new Waits(Error.WriteLine, Clock);

    public T Get<T>(Option<T> option) => Arguments.GetRequiredValue(option);

    public T? GetOrDefault<T>(Option<T> option) => Arguments.GetValue(option);

    public T Get<T>(Argument<T> argument) => Arguments.GetRequiredValue(argument);

    public T? GetOrDefault<T>(Argument<T> argument) => Arguments.GetValue(argument);

    /// <summary>Prints <paramref name="output"/> as a JSON line, or <paramref name="text"/> for people.</summary>
    public void Print(OutputEvent output, string text) => Output.WriteLine(Json ? OutputJson.Line(output) : text);
}
