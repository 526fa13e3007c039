using System.Diagnostics;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Processes;
using DistTrain.Recipes;

namespace DistTrain.Cli.Tests.Cluster;

[Trait("Kind", "Process")]
public sealed class LocalClusterTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TaskCompletionSource<ChildExit> _restarting = new();

    [Fact]
    public async Task Starts_all_roles_and_ends_them_by_closing_their_input()
    {
        await using var cluster = Cluster(ScriptedChild.Polite("127.0.0.1:4242"), servers: 2, silos: 3);
        await cluster.StartAsync(CancellationToken.None).For("the start");

        Assert.Equal(Enumerable.Repeat("127.0.0.1:4242", 3), cluster.Silos.Select(silo => silo.ToString()));

        await cluster.StopAsync(CancellationToken.None).For("the end");
        Assert.False(cluster.UnexpectedExit.IsCompleted);
        foreach (var name in (string[])["server-0", "server-1"])
            Assert.Contains("server ends", Log(name));
        foreach (var name in (string[])["silo-0", "silo-1", "silo-2"])
            Assert.Contains("worker ends", Log(name));
    }

    [Fact]
    public async Task Silos_get_the_endpoints_of_all_servers()
    {
        await using var cluster = Cluster(
            ScriptedChild.Of("echo \"$@\" >&2; [ $1 = server ] || { read told; echo \"told $told\" >&2; };" + ScriptedChild.Announce("127.0.0.1:4242") + "cat > /dev/null"), servers: 2);
        await cluster.StartAsync(CancellationToken.None).For("the start");
        await cluster.StopAsync(CancellationToken.None).For("the end");

        Assert.Contains($"worker --port 0 --cluster {_folder["cluster"]} --servers - --determinism host --exit-with-parent", Log("silo-0"));
        Assert.Contains("told 127.0.0.1:1,127.0.0.1:1", Log("silo-0"));
        Assert.Contains($"server --port 0 --run-folder {_folder.Path} --determinism host --exit-with-parent", Log("server-0"));
    }

    [Fact]
    public async Task A_child_that_ends_instead_of_listening_is_reported_with_its_last_words()
    {
        await using var cluster = Cluster(ScriptedChild.Of("[ $1 = server ] || cat > /dev/null; echo no memory for this >&2; exit 3"));
        var e = await Assert.ThrowsAsync<CommandException>(() => cluster.StartAsync(CancellationToken.None).For("the start"));

        Assert.Equal(ExitCode.Failed, e.ExitCode);
        Assert.Contains("server-0", e.Message);
        Assert.Contains("exit code 3", e.Message);
        Assert.Contains("| no memory for this", e.Message);
    }

    [Fact]
    public async Task A_child_killed_later_is_started_again_at_the_same_endpoint()
    {
        await using var cluster = Cluster(
            ScriptedChild.Of("echo pid $$ \"$@\" >&2;" + ScriptedChild.Announce("127.0.0.1:4242") + "cat > /dev/null"));
        await cluster.StartAsync(CancellationToken.None).For("the start");
        var first = Lives("silo-0").Single();
        using (var silo = Process.GetProcessById(first.Process))
            silo.Kill();

        var exit = await _restarting.Task.For("the notice of the exit");
        await Waiting.UntilAsync(() => Lives("silo-0").Count == 2, "the second life", () => Log("silo-0"));
        var second = Lives("silo-0")[1];

        Assert.Equal("silo-0", exit.Name);
        Assert.Equal(137, exit.Code);
        Assert.Contains("killed", exit.Summary);
        Assert.Contains(exit.LastLines, line => line.Contains("listening"));
        Assert.Contains(" --port 0 ", first.Arguments);
        Assert.Equal(first.Arguments.Replace(" --port 0 ", " --port 4242 "), second.Arguments);
        Assert.False(cluster.UnexpectedExit.IsCompleted);

        await cluster.StopAsync(CancellationToken.None).For("the end");
        Assert.False(Directory.Exists($"/proc/{second.Process}"));
    }

    [Fact]
    public async Task Force_kills_children_that_do_not_listen_to_anybody_and_their_children()
    {
        await using var cluster = Cluster(ScriptedChild.Of(ScriptedChild.Announce("127.0.0.1:4242") + "sleep 1000 & echo pid $!; wait"));
        await cluster.StartAsync(CancellationToken.None).For("the start");
        using var force = new CancellationTokenSource();
        force.Cancel();

        await cluster.StopAsync(force.Token).For("the forced end");

        var sleeper = int.Parse(Log("silo-0").Split('\n').Single(line => line.StartsWith("pid ", StringComparison.Ordinal))["pid ".Length..]);
        Assert.False(Directory.Exists($"/proc/{sleeper}") && !File.ReadAllText($"/proc/{sleeper}/stat").Contains(") Z "));
    }

    [Fact]
    public async Task Cancelling_the_start_leaves_nothing_behind()
    {
        var cluster = Cluster(ScriptedChild.Of("cat > /dev/null; echo ended"));
        using var cancel = new CancellationTokenSource();
        var start = cluster.StartAsync(cancel.Token);
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.For("the cancelled start"));

        await cluster.DisposeAsync();

        Assert.Contains("ended", Log("server-0"));
    }

    public void Dispose() => _folder.Dispose();

    private LocalCluster Cluster(SelfExecutable executable, int servers = 1, int silos = 1) =>
        new(new ClusterPlan(_folder.Path, servers, silos, Determinisms.Host), executable, TimeProvider.System, exit => _restarting.TrySetResult(exit));

    private List<(int Process, string Arguments)> Lives(string name) =>
        [.. Log(name).Split('\n').Where(line => line.StartsWith("pid ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3)).Select(p => (int.Parse(p[1]), p[2]))];

    private string Log(string name)
    {
        using var reader = new StreamReader(
            new FileStream(_folder[$"cluster/{name}.log"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }
}
