using System.Text.RegularExpressions;

namespace DistTrain.Cli.Tests.Documents;

/// <summary>The command lines in the code blocks of the documents.</summary>
internal static partial class DocumentedCommands
{
    /// <summary>Of every document: its path from the root, and the arguments of <c>disttrain</c>.</summary>
    public static IEnumerable<(string Document, string Arguments)> All()
    {
        return Directory.GetFiles(Repository.Root, "*.md")
            .Concat(Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
            .SelectMany(file => In(File.ReadAllText(file)).Select(arguments => (Path.GetRelativePath(Repository.Root, file), arguments)));
    }

    /// <summary>The arguments of each <c>disttrain</c> in the code blocks of <paramref name="markdown"/>.</summary>
    public static IEnumerable<string> In(string markdown) =>
        BlockPattern().Matches(markdown)
            .Where(block => block.Groups["language"].Value is "" or "sh" or "bash")
            .SelectMany(block => ContinuedPattern().Replace(block.Groups["lines"].Value, " ").Split('\n'))
            .Select(line => CommandPattern().Match(line))
            .Where(command => command.Success)
            // The library knows double quotes only.
            .Select(command => command.Groups["arguments"].Value.Replace('\'', '"').Trim());

    /// <summary>A code block: its language and its lines.</summary>
    [GeneratedRegex(@"^```(?<language>\w*)\n(?<lines>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"\\\n *")]
    private static partial Regex ContinuedPattern();

    /// <summary>Up to a pipe, a second command or a comment.</summary>
    [GeneratedRegex(@"^(?:\w+=\S+ )*(?:disttrain|dotnet run \S.*?src/DistTrain\.Cli --)(?= |$)(?<arguments>.*?)(?: [|;#&].*)?$")]
    private static partial Regex CommandPattern();
}
