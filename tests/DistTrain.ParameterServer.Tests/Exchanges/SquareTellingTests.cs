using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Recipes.Files;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Exchanges;

[Trait("Kind", "Fast")]
public sealed class SquareTellingTests
{
    [Fact]
    public async Task What_closes_while_the_leader_is_told_goes_with_the_next_call()
    {
        var (told, free) = (new List<ClosedSteps>(), new TaskCompletionSource());
        var squares = Telling(async steps =>
        {
            told.Add(steps);
            await free.Task;
        });
        foreach (var version in new[] { 1, 2, 3 })
            squares.Tell(version, [version]);
        free.SetResult();
        await squares.Told;
        Assert.Equal([1, 2, 3], told.SelectMany(call => call.Steps).Select(step => step.Version));
        Assert.Equal(0, squares.Kept);
    }

    /// <summary>A server that goes on without a leader that listens must not gather what nobody will ask for.</summary>
    [Fact]
    public async Task After_the_leader_has_refused_nothing_is_kept()
    {
        var calls = 0;
        var squares = Telling(_ =>
        {
            calls++;
            return Task.FromException(new RpcException(new Status(StatusCode.FailedPrecondition, "another generation")));
        });
        squares.Tell(1, [1]);
        await squares.Told;
        for (var version = 2; version < 10; version++)
            squares.Tell(version, [1]);
        await squares.Told;
        Assert.Equal((1, 0), (calls, squares.Kept));
    }

    private static SquareTelling Telling(Func<ClosedSteps, Task> tell) =>
        new(new PartitionPlan("job", generation: 1, JobFile.Read(null, "job", []).Job!, TinyModel.Layout, server: 1, servers: 2, trainExamples: 12, testExamples: 0, dataFingerprint: ""), tell);
}
