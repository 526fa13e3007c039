using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Tests.Processes;

namespace DistTrain.Operator.Tests.Hosting;

/// <summary>What the guide has people type, with the real kubectl; skipped where it is not installed.</summary>
[Trait("Kind", "Process")]
public sealed class KubectlTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_end_is_waited_for_by_its_condition()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("digits-lars");
        var waiting = KubectlAsync(rig, "wait", "tj/digits-lars", "--for=condition=Completed", "--timeout=1m");
        job.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        Assert.Contains("condition met", await waiting, StringComparison.Ordinal);
        Assert.Equal("ab", await KubectlAsync(rig, "get", "tj", "digits-lars", "-o", "jsonpath={.status.weightsSha256}"));
    }

    [Fact]
    public async Task Objects_that_are_removed_before_their_operator_leave_nothing()
    {
        await using var rig = await OperatorRig.StartAsync();
        await FourAsync(rig);
        await KubectlAsync(rig, "delete", "tj,lp", "--all", "--timeout=1m");
        Assert.Empty(rig.Objects.List(null).Objects);
        await rig.StopOperatorAsync();
    }

    [Fact]
    public async Task Objects_whose_operator_was_removed_first_go_by_the_guides_mend()
    {
        await using var rig = await OperatorRig.StartAsync();
        await FourAsync(rig);
        await rig.StopOperatorAsync();
        await rig.Cluster.CloseAsync();
        await KubectlAsync(rig, "delete", "tj,lp", "--all", "--wait=false");
        // That of the job that had ended is gone; three wait for ever.
        Assert.Equal(["looking", "running", "suspended"], rig.Objects.List(null).Objects.Select(o => (string)o["metadata"]!["name"]!));
        var mend = Repository.Read("docs/kubernetes.md").Split('\n').Single(line => line.Contains("xargs", StringComparison.Ordinal))
            .Replace("kubectl -n disttrain", $"kubectl -n {ApiStore.Namespace} --kubeconfig {await rig.Api.KubeconfigAsync(_folder["user"], "user")}", StringComparison.Ordinal);
        await Tool.RunAsync("sh", "-c", mend);
        Assert.Empty(rig.Objects.List(null).Objects);
    }

    [Fact]
    public async Task Objects_whose_operator_was_removed_first_go_when_it_is_back()
    {
        await using var rig = await OperatorRig.StartAsync();
        await FourAsync(rig);
        await rig.StopOperatorAsync();
        await KubectlAsync(rig, "delete", "tj,lp", "--all", "--wait=false");
        await rig.StartOperatorAsync();
        await rig.Objects.GoneAsync("running");
        await rig.Objects.GoneAsync("suspended");
        await rig.Objects.GoneAsync("looking", kind: ResourceKind.LandscapeProbe);
    }

    /// <summary>A probe that runs, a job that runs, one that is suspended, one that has ended.</summary>
    private static async Task FourAsync(OperatorRig rig)
    {
        await rig.RunningAsync("looking", kind: ResourceKind.LandscapeProbe);
        await rig.RunningAsync("running");
        await rig.RunningAsync("suspended");
        rig.Objects.Edit("suspended", o => o.Set("suspend", true));
        await rig.Objects.UntilAsync("suspended", o => o.State() == "Suspended", "suspended");
        (await rig.RunningAsync("ended")).Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await rig.Objects.UntilAsync("ended", o => o["metadata"]!["finalizers"] is System.Text.Json.Nodes.JsonArray { Count: 0 }, "completed, and let go");
    }

    private async Task<string> KubectlAsync(OperatorRig rig, params string[] arguments) =>
        await Tool.RunAsync("kubectl", ["--kubeconfig", await rig.Api.KubeconfigAsync(_folder["user"], "user"), "--cache-dir", _folder["cache"], .. arguments]);
}
