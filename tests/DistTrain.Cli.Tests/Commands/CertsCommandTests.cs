using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Security.Certificates;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public sealed class CertsCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_renewed_keeps_its_hosts_and_its_submitters()
    {
        Assert.Equal(ExitCode.Done, (await Contexts.RunAsync("certs", "--out", _folder["certs"], "--hosts", "*.server.disttrain.svc,10.0.0.7,localhost", "--submitters", "alice,bob")).Code);
        var before = File.ReadAllText(_folder["certs/worker/tls.crt"]);
        var (code, output, _) = await Contexts.RunAsync("certs", "--out", _folder["certs"]);
        Assert.Equal(ExitCode.Done, code);
        Assert.NotEqual(before, File.ReadAllText(_folder["certs/worker/tls.crt"]));
        Assert.Equal(["*.server.disttrain.svc", "localhost", "10.0.0.7"], DevelopmentAuthority.Issued(_folder["certs/worker"])!.Value.Hosts);
        Assert.Contains(output, line => line.EndsWith("worker: worker, worker, for *.server.disttrain.svc, localhost, 10.0.0.7", StringComparison.Ordinal));
        Assert.Equal(["alice", "bob", "operator", "worker"], Directory.GetDirectories(_folder["certs"]).Select(d => Path.GetFileName(d)!).Order());

        // What is said counts.
        await Contexts.RunAsync("certs", "--out", _folder["certs"], "--hosts", "server-0");
        Assert.Equal(["server-0"], DevelopmentAuthority.Issued(_folder["certs/worker"])!.Value.Hosts);
    }

    [Fact]
    public async Task Without_a_word_they_are_for_this_machine()
    {
        await Contexts.RunAsync("certs", "--out", _folder["certs"]);
        Assert.Equal(["localhost", "127.0.0.1"], DevelopmentAuthority.Issued(_folder["certs/worker"])!.Value.Hosts);
        Assert.True(Directory.Exists(_folder["certs/submitter"]));
    }

    [Fact]
    public async Task Names_that_are_good_for_no_host_are_refused_all_at_once()
    {
        var (code, _, error) = await Contexts.RunAsync("certs", "--out", _folder["certs"], "--hosts", "*.server,localhost:5000,localhost");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(error, line => line.Contains("--hosts '*.server': OpenSSL takes a wildcard only before two labels", StringComparison.Ordinal));
        Assert.Contains(error, line => line.Contains("--hosts 'localhost:5000' is neither a name", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["certs"]));
    }
}
