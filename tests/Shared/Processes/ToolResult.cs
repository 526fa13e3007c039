namespace DistTrain.Tests.Processes;

/// <summary>What a program left.</summary>
/// <param name="Name">The program with its arguments.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
internal sealed record ToolResult(string Name, int ExitCode, string Output, string Errors)
{
    /// <summary>The output of one that must have succeeded.</summary>
    public string Checked
    {
        get
        {
            Assert.True(ExitCode == 0, $"{Name}: exit code {ExitCode}\n{Output}{Errors}");
            return Output;
        }
    }
}
