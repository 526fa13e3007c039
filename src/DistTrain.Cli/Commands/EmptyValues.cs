using System.CommandLine;
using System.CommandLine.Parsing;

namespace DistTrain.Cli.Commands;

/// <summary>An empty value, mostly that of a shell variable that is not set, means nothing to any option or argument.</summary>
internal static class EmptyValues
{
    /// <summary>A line for each that is empty or blank.</summary>
    public static IEnumerable<string> Problems(ParseResult parsed) =>
        parsed.CommandResult.Children.Concat(parsed.RootCommandResult.Children).Distinct()
            .Where(given => given.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            .Select(given => given switch
            {
                OptionResult option => $"{option.Option.Name} is empty; give {option.Option.HelpName ?? "a value"}, or leave it out",
                ArgumentResult argument => $"'{argument.Argument.Name}' is empty; give a value",
                _ => "",
            })
            .Where(problem => problem.Length > 0);
}
