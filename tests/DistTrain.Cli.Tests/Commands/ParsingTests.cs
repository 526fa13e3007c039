using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public class ParsingTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("train job.yaml --set a=1 --set b.c=2 --silos 4 --servers 2 --out runs/x --output json --verbose")]
    [InlineData("submit job.yaml --endpoint 127.0.0.1:5000 --set seed=3 --id nightly-1 --watch")]
    [InlineData("watch nightly-1 --endpoint 127.0.0.1:5000 --from-step 7 --output json")]
    [InlineData("list --endpoint [::1]:5000")]
    [InlineData("cancel nightly-1 --endpoint silo:5000")]
    [InlineData("download nightly-1 --endpoint silo:5000 --out models")]
    [InlineData("server --host 127.0.0.1 --port 6000 --job-folder runs/{job} --memory-limit 4GiB --determinism portable --exit-with-parent")]
    [InlineData("worker --host localhost --port 0 --cluster cluster --servers 127.0.0.1:1,127.0.0.1:2 --slots 3 --insecure")]
    [InlineData("schedule")]
    [InlineData("schedule job.yaml --set schedule.name=cosine --examples 60000 --every 100 --plot rates.svg --output json")]
    [InlineData("optimizers")]
    [InlineData("schedules cosine --output json")]
    [InlineData("doctor --output json")]
    public void Takes(string line)
    {
        var parsed = RootCommandSetup.Create().Parse(line);
        Assert.Empty(parsed.Errors);
        Assert.IsType<CommandAction>(parsed.Action);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("train a.yaml b.yaml")]
    [InlineData("train --silos 0")]
    [InlineData("train --silos many")]
    [InlineData("train --servers -1")]
    [InlineData("train --output xml")]
    [InlineData("submit --endpoint 127.0.0.1:5000")]
    [InlineData("submit job.yaml")]
    [InlineData("submit job.yaml --endpoint 127.0.0.1:5000 --id Not_An_Id")]
    [InlineData("watch nightly-1 --endpoint 127.0.0.1")]
    [InlineData("watch ../etc --endpoint 127.0.0.1:1")]
    [InlineData("watch nightly-1 --endpoint 127.0.0.1:1 --from-step -1")]
    [InlineData("download nightly-1 --endpoint 127.0.0.1:1")]
    [InlineData("server --determinism everywhere")]
    [InlineData("worker --cluster cluster --servers 127.0.0.1:1 --determinism Portable")]
    [InlineData("schedule a.yaml b.yaml")]
    [InlineData("schedule --every -1")]
    [InlineData("optimizers no-such")]
    [InlineData("schedules momentum")]
    [InlineData("server --port 65536")]
    [InlineData("server --host example.org")]
    [InlineData("server --memory-limit lots")]
    [InlineData("server --job-folder runs/{id}")]
    [InlineData("server --job-folder runs/{job}/{")]
    [InlineData("worker --servers 127.0.0.1:1")]
    [InlineData("worker --cluster c --servers 127.0.0.1:1,nonsense")]
    public void Refuses(string line) => Assert.IsType<ParseErrorAction>(RootCommandSetup.Create().Parse(line).Action);

    [Fact]
    public void Values_arrive()
    {
        var context = Contexts.Of(
            "worker", "--host", "localhost", "--port", "7000", "--cluster", "c", "--servers", "a:1, b:2", "--exit-with-parent");
        Assert.Equal(IPAddress.Loopback, context.Get(RoleOptions.Host));
        Assert.Equal(7000, context.Get(RoleOptions.Port));
        Assert.True(context.Get(RoleOptions.ExitWithParent));
        Assert.False(context.Get(RoleOptions.Insecure));
        Assert.Equal(
            [new Endpoint("a", 1), new Endpoint("b", 2)],
            context.Get((Option<Endpoint[]>)context.Arguments.CommandResult.Command.Options.Single(o => o.Name == "--servers")));
    }

    [Fact]
    public void Overrides_keep_their_order_and_their_equals_signs() => Assert.Equal(
        ["optimizer.lr=0.1", "note=a=b"],
        Contexts.Of("train", "--set", "optimizer.lr=0.1", "--set", "note=a=b").Get(SharedOptions.Set));
}
