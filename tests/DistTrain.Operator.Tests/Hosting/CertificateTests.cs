using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Tests.Clusters;
using DistTrain.Tests.Processes;

namespace DistTrain.Operator.Tests.Hosting;

/// <summary>Servers, silos and an operator with the certificates of a mounted secret.</summary>
[Trait("Kind", "Process")]
public class CertificateTests
{
    private const string Spec = "{model: {name: softmax}, workers: 2, batch: 64, microBatch: 16, dataset: {trainExamples: 400, testExamples: 100}, steps: 6000}";

    [Fact]
    public async Task A_renewed_secret_is_taken_by_all_roles_under_a_running_job_which_is_suspended_and_goes_on_to_the_bits_of_train()
    {
        using var folder = new RunFolder();
        foreach (var authority in new[] { "old", "new" })
            Assert.Equal(0, (await DistTrainProcess.RunAsync("certs", "--out", folder[authority])).ExitCode);
        var (worker, own) = (new MountedSecret(folder["worker-tls"]), new MountedSecret(folder["operator-tls"]));
        await worker.PutAsync(folder["old/worker"]);
        await own.PutAsync(folder["old/operator"]);
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"], "--certs", worker.Path);
        var servers = await server.EndpointAsync();
        await using var silo = StartSilo("0");
        var door = await silo.EndpointAsync();
        var objects = new ApiStore();
        await using var api = await ApiServer.StartAsync(objects);
        await using var process = DistTrainProcess.Start("operator", "--endpoint", door, "--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"]), "--certs", own.Path);
        objects.Create(Written.Named("renewed", Spec));
        await objects.UntilAsync("renewed", o => o.State() == "Running", "running");

        // Another authority: first both are trusted, and new connections are under the new one.
        foreach (var name in new[] { "worker", "operator" })
            File.AppendAllText(folder[$"new/{name}/ca.crt"], File.ReadAllText(folder[$"old/{name}/ca.crt"]));
        await worker.PutAsync(folder["new/worker"]);
        await own.PutAsync(folder["new/operator"]);
        var renewed = X509CertificateLoader.LoadCertificateFromFile(folder["new/worker/tls.crt"]).Thumbprint;
        foreach (var endpoint in new[] { servers, door })
            Assert.Equal(renewed, await ShownAsync(endpoint));
        objects.Edit("renewed", o => o.Set("suspend", true));
        await objects.UntilAsync("renewed", o => o.State() == "Suspended", "suspended, by connections that stand");
        silo.Signal(15);
        Assert.Equal(0, await silo.ExitAsync(Waiting.Limit));
        await using var again = StartSilo(door.Split(':')[1]);
        await again.EndpointAsync();

        // Then the new one alone: who still shows the old is refused.
        Assert.Equal(0, (await DistTrainProcess.RunAsync("certs", "--out", folder["new"])).ExitCode);
        await worker.PutAsync(folder["new/worker"]);
        await own.PutAsync(folder["new/operator"]);
        File.Copy(folder["new/operator/ca.crt"], folder["old/operator/ca.crt"], overwrite: true);
        var refused = await DistTrainProcess.RunAsync("list", "--endpoint", door, "--certs", folder["old/operator"]);
        Assert.Contains("the certificate comes from another authority", refused.Error, StringComparison.Ordinal);
        objects.Edit("renewed", o => o.Set("suspend", false));
        var done = await objects.UntilAsync("renewed", o => o.State() == "Completed", "completed");
        Assert.Contains("renewed Normal Suspended: ", string.Join('\n', objects.Events), StringComparison.Ordinal);
        Assert.Contains("renewed Warning Restored: ", string.Join('\n', objects.Events), StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["job.yaml"], $"apiVersion: disttrain.dev/v1\nkind: TrainingJob\nmetadata: {{name: renewed}}\nspec: {Spec}\n");
        var train = await DistTrainProcess.RunAsync("train", folder["job.yaml"], "--output", "json", "--out", folder["train"], "--silos", "1", "--servers", "1");
        Assert.Equal(train.WeightsSha256, (string?)done.Status("weightsSha256"));

        DistTrainProcess StartSilo(string port) => DistTrainProcess.Start("worker", "--port", port, "--cluster", folder["cluster"], "--servers", servers, "--certs", worker.Path);
    }

    [Fact]
    public async Task A_server_that_is_called_by_a_name_that_its_certificate_lacks_is_told_with_both_names()
    {
        using var folder = new RunFolder();
        Assert.Equal(0, (await DistTrainProcess.RunAsync("certs", "--out", folder["certs"], "--hosts", "localhost,*.server.disttrain.svc")).ExitCode);
        await using var server = DistTrainProcess.Start("server", "--port", "0", "--job-folder", folder["jobs/{job}"], "--certs", folder["certs/worker"]);
        var called = await server.EndpointAsync();
        await using var silo = DistTrainProcess.Start("worker", "--port", "0", "--cluster", folder["cluster"], "--servers", called, "--certs", folder["certs/worker"]);
        var door = await silo.EndpointAsync();
        var objects = new ApiStore();
        await using var api = await ApiServer.StartAsync(objects);
        await using var process = DistTrainProcess.Start(
            "operator", "--endpoint", $"localhost:{door.Split(':')[1]}", "--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"]), "--certs", folder["certs/operator"]);
        objects.Create(Written.Named("misnamed"));
        var waiting = await objects.UntilAsync("misnamed", o => o.Condition("Progressing") == "False Waiting" && o.Message("Progressing").Contains(": ", StringComparison.Ordinal), "waiting");
        Assert.Contains($"waits for server {called} since ", waiting.Message("Progressing"), StringComparison.Ordinal);
        Assert.EndsWith(": its certificate is not for 127.0.0.1, by which it was called, but for localhost, *.server.disttrain.svc", waiting.Message("Progressing"), StringComparison.Ordinal);
        Assert.Equal("Waiting", waiting.State());
        Assert.Contains(objects.Events, e => e.StartsWith("misnamed Warning Waiting: ", StringComparison.Ordinal));
        // Whoever watches is told the same.
        var list = await DistTrainProcess.RunAsync("list", "--endpoint", $"localhost:{door.Split(':')[1]}", "--certs", folder["certs/operator"]);
        Assert.Contains("but for localhost", list.Output, StringComparison.Ordinal);
    }

    /// <summary>The certificate that a process shows to whoever connects now.</summary>
    private static async Task<string> ShownAsync(string endpoint)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", int.Parse(endpoint.Split(':')[1]));
        string? thumbprint = null;
        await using var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, shown, _, _) => (thumbprint = ((X509Certificate2)shown!).Thumbprint) is not null);
        await tls.AuthenticateAsClientAsync("localhost");
        return thumbprint!;
    }
}
