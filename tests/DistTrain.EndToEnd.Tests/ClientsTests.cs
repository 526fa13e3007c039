using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DistTrain.Protocol.Transport;
using DistTrain.Security.Certificates;
using DistTrain.Tests.Processes;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace DistTrain.EndToEnd.Tests;

/// <summary>The clients of docs/samples, and what tools can ask a silo, on clusters under TLS.</summary>
[Trait("Kind", "Process")]
public partial class ClientsTests
{
    private const int Steps = 400;

    private static readonly string _job = $$$"""
        apiVersion: disttrain.dev/v1
        kind: TrainingJob
        spec: {steps: {{{Steps}}}, workers: 2, batch: 64, model: {name: mlp}, dataset: {trainExamples: 1000, testExamples: 100}}
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_client_in_Python_goes_on_where_its_silo_was_killed_and_has_the_model_that_the_one_in_dotnet_has()
    {
        using var folder = new RunFolder();
        var python = await PythonAsync();
        var certificates = await ClusterCertificates.MakeAsync(folder);
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 2, certificates: certificates);
        await using var ending = cluster;
        var job = folder["job.yaml"];
        await File.WriteAllTextAsync(job, _job);
        var sample = Directory.CreateDirectory(folder["python"]).FullName;
        File.Copy(Repository.PathOf("docs/samples/python-client/client.py"), Path.Combine(sample, "client.py"));
        _ = (await Tool.EndAsync(new ProcessStartInfo(Repository.PathOf("docs/samples/python-client/stubs.sh"), [sample]) { Environment = { ["PYTHON"] = python } })).Checked;

        string[] arguments = [Path.Combine(sample, "client.py"), job, "--endpoint", silos[0].Endpoint, "--certs", certificates["nobody"], "--token-file", certificates.TokenFile, "--out", folder["by-python"]];
        using var client = Tool.Start(new ProcessStartInfo(python, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true });
        var errors = client.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        try
        {
            await ReadAsync(line => line == "step 20" || line.StartsWith("step 20:", StringComparison.Ordinal));
            await silos[0].Process.KillAsync();
            await cluster.JoinAgainAsync(silos[0]);
            await ReadAsync(_ => false);
            await client.WaitForExitAsync().For("the end of client.py", limit: Patience);
        }
        finally
        {
            if (!client.HasExited)
                client.Kill();
        }

        Assert.True(client.ExitCode == 0, string.Join('\n', lines.TakeLast(5)) + await errors);
        Assert.Contains("goes on after step", await errors, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, Steps), lines.Where(l => l.StartsWith("step ", StringComparison.Ordinal)).Select(l => int.Parse(l.Split(' ', ':')[1], CultureInfo.InvariantCulture)));
        Assert.Equal(["data.json", "job.yaml", "metrics.jsonl", "model.safetensors"], Files("by-python"));

        var sampleOutput = (await DotnetAsync($"https://{silos[1].Endpoint}", job, folder["by-dotnet"], certificates["operator"])).Checked;
        Assert.EndsWith(lines[^1], sampleOutput.Trim(), StringComparison.Ordinal);
        Assert.Matches("^weights [0-9a-f]{64}$", lines[^1]);
        Assert.Equal(Files("by-python"), Files("by-dotnet"));
        Assert.Equal(await File.ReadAllBytesAsync(folder["by-python/model.safetensors"]), await File.ReadAllBytesAsync(folder["by-dotnet/model.safetensors"]));

        IEnumerable<string> Files(string name) => Directory.GetFiles(folder[name]).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

        async Task ReadAsync(Predicate<string> isLast)
        {
            while (await client.StandardOutput.ReadLineAsync().For("a line of client.py", () => string.Join('\n', lines.TakeLast(5)), Patience) is { } line)
            {
                lines.Add(line);
                if (isLast(line))
                    return;
            }
        }
    }

    [Fact]
    public async Task A_silo_tells_its_calls_where_it_was_asked_to_and_only_to_those_who_may_call_them()
    {
        using var folder = new RunFolder();
        var certificates = await ClusterCertificates.MakeAsync(folder);
        await using var open = Start("open", "--reflection");
        await using var closed = Start("closed");
        var (endpoint, other) = (await open.EndpointAsync(), await closed.EndpointAsync());

        Assert.Equal(["disttrain.v1.TrainingJobs", "grpc.health.v1.Health"], (await ServicesAsync("alice", endpoint)).Where(s => !s.StartsWith("grpc.reflection.", StringComparison.Ordinal)));
        var file = FileDescriptorProto.Parser.ParseFrom((await AskAsync("alice", endpoint, new ServerReflectionRequest { FileContainingSymbol = "disttrain.v1.TrainingJobs" })).FileDescriptorResponse.FileDescriptorProto[0]);
        var calls = file.Service.Single().Method.ToDictionary(call => call.Name, call => file.MessageType.Single(message => call.InputType == $".disttrain.v1.{message.Name}"));
        var named = NamedCalls().Matches(Repository.Read("docs/clients.md"));
        Assert.Equal(2, named.Count);
        Assert.All(named, call => Assert.True(calls.ContainsKey(call.Groups["call"].Value), call.Value));
        Assert.All(named.SelectMany(call => call.Groups["field"].Captures.Select(field => (call.Groups["call"].Value, field.Value))), name => Assert.Contains(name.Item2, calls[name.Item1].Field.Select(field => field.Name)));
        await RefusedAsync(StatusCode.Unauthenticated, "nobody", endpoint);
        await RefusedAsync(StatusCode.PermissionDenied, "worker", endpoint);
        await RefusedAsync(StatusCode.Unimplemented, "alice", other);

        // A mistake is told by the sample in the cluster's words.
        var sample = await DotnetAsync($"https://{endpoint}", Repository.PathOf("README.md"), folder["none"], certificates["alice"]);
        Assert.Equal(1, sample.ExitCode);
        Assert.Contains("job file", sample.Errors, StringComparison.Ordinal);

        foreach (var silo in (DistTrainProcess[])[open, closed])
        {
            silo.Signal(15);
            Assert.Equal(0, await silo.ExitAsync(Patience));
        }

        Assert.Contains("alice submitter /grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo job -: status 0", open.Error, StringComparison.Ordinal);
        Assert.Contains("- - /grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo job -: status 16", open.Error, StringComparison.Ordinal);

        DistTrainProcess Start(string name, params string[] more) => DistTrainProcess.Start(
            ["worker", "--port", "0", "--cluster", folder[name], "--servers", "127.0.0.1:1", "--certs", certificates["worker"], "--access", certificates.AccessFile, .. more]);

        async Task RefusedAsync(StatusCode status, string name, string silo) =>
            Assert.Equal(status, (await Assert.ThrowsAsync<RpcException>(() => ServicesAsync(name, silo))).StatusCode);

        async Task<List<string>> ServicesAsync(string name, string silo) =>
            [.. (await AskAsync(name, silo, new ServerReflectionRequest { ListServices = "" })).ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal)];

        async Task<ServerReflectionResponse> AskAsync(string name, string silo, ServerReflectionRequest request)
        {
            using var channel = new PeerChannels(CertificateFolder.OfClient(certificates[name])).Connect(silo);
            using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            var answer = call.ResponseStream.Current;
            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
            return answer;
        }
    }

    /// <summary>The sample as it was built with these tests.</summary>
    private static Task<ToolResult> DotnetAsync(params string[] arguments)
    {
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        return Tool.EndAsync(new ProcessStartInfo(Repository.PathOf($"docs/samples/dotnet-client/bin/{built.Parent!.Name}/{built.Name}/dotnet-client"), arguments));
    }

    /// <summary>A Python that has what the sample needs; where there is none the test is skipped.</summary>
    private static async Task<string> PythonAsync()
    {
        foreach (var python in (string[])["/usr/bin/python3", "/usr/local/bin/python3"])
        {
            if (File.Exists(python) && (await Tool.EndAsync(new ProcessStartInfo(python, ["-c", "import grpc, grpc_tools"]))).ExitCode == 0)
                return python;
        }

        Assert.Skip("no Python with grpcio and grpcio-tools (Debian: python3-grpcio, python3-grpc-tools)");
        return "";
    }

    /// <summary>Calls as grpcurl is told them, with the fields of what is sent.</summary>
    [GeneratedRegex("(-d '\\{\"(?<field>\\w+)\": [^']*' \\S+ )?disttrain\\.v1\\.TrainingJobs/(?<call>\\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamedCalls();
}
