using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>What is refused before any process is started.</summary>
[Trait("Kind", "Fast")]
public sealed class ChaosCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("checkpoint.everySteps is 0: a job under faults needs checkpoints", "--set", "checkpoint.everySteps=0")]
    [InlineData("the job has 69 steps; 10 kills and the faults beside them need at least 130", "--set", "steps=69", "--kills", "10")]
    [InlineData("--kills must be a whole number from 1 to 1000, not '0'", "--kills", "0")]
    [InlineData("spec.model.name", "--set", "model.name=mpl")]
    [InlineData("checkpoint.everySteps is 0", "--set", "epochs=1", "--set", "checkpoint.everySteps=0")]
    public async Task Bad_input_is_named(string problem, params string[] args)
    {
        var (code, _, error) = await Contexts.RunAsync(["chaos", "--out", _folder["out"], .. args]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(problem, string.Join('\n', error));
    }

    public void Dispose() => _folder.Dispose();
}
