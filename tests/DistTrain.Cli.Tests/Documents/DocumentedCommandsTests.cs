using DistTrain.Cli.Commands;

namespace DistTrain.Cli.Tests.Documents;

/// <summary>Whoever copies a command out of a document is understood.</summary>
[Trait("Kind", "Fast")]
public class DocumentedCommandsTests
{
    public static TheoryData<string, string> Commands => [.. DocumentedCommands.All()];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_of_a_document_is_one(string document, string arguments)
    {
        var parsed = RootCommandSetup.Create().Parse(arguments);
        Assert.True(parsed.Errors.Count == 0 && parsed.Action is CommandAction, $"{document}: disttrain {arguments}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
    }

    [Fact]
    public void Commands_are_found_in_code_blocks_with_comments_pipes_and_further_lines()
    {
        const string Markdown = """
            `disttrain in-text`

            ```
            # disttrain comment
            disttrain train --set dataset.path=DIR \
                --silos 2   # two of them
            DISTTRAIN_CERTS=certs disttrain list --endpoint a:1 | tail -1
            dotnet run -c Release --project src/DistTrain.Cli -- server --job-folder 'runs/{job}' && echo done
            dotnet run -c Release --project tests/DistTrain.Benchmarks -- memory
            kubectl get tj
            ```

            ```yaml
            disttrain: no-command
            ```
            """;
        Assert.Equal(["train --set dataset.path=DIR  --silos 2", "list --endpoint a:1", "server --job-folder \"runs/{job}\""], DocumentedCommands.In(Markdown));
    }
}
