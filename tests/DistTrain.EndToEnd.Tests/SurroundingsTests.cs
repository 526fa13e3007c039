using System.Net;

namespace DistTrain.EndToEnd.Tests;

/// <summary>What lies around a process does not change it: settings files of another program, variables of the framework, proxies.</summary>
[Trait("Kind", "Process")]
public class SurroundingsTests
{
    private const int SigTerm = 15;

    [Fact]
    public async Task Train_does_the_same_among_the_files_and_variables_of_others_and_says_what_it_ends()
    {
        using var folder = new RunFolder();
        await File.WriteAllTextAsync(folder["appsettings.json"], """{ "AllowedHosts": "shop.example.com", "Kestrel": { "Endpoints": { "Http": { "Url": "http://0.0.0.0:0" } } }""");
        await File.WriteAllTextAsync(folder["appsettings.Production.json"], """{ "AllowedHosts": "shop.example.com" }""");
        var surroundings = new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__x__Url"] = "http://0.0.0.0:0",
            ["ASPNETCORE_URLS"] = "http://0.0.0.0:0",
            ["DOTNET_URLS"] = "http://0.0.0.0:0",
            ["AllowedHosts"] = "shop.example.com",
            ["Logging__LogLevel__Default"] = "None",
            ["Orleans__ClusterId"] = "another",
            ["http_proxy"] = "http://127.0.0.1:9",
            ["all_proxy"] = "http://127.0.0.1:9",
        };
        var settings = Training.Short("model.name=softmax", "steps=1000000");
        await using var train = DistTrainProcess.Start(surroundings, folder.Path, Training.Arguments(folder, "run", 1, 1, settings));
        await train.StepAsync(5);

        Assert.All([.. train.Children("server"), .. train.Children("worker")], child =>
        {
            Assert.Equal(0, OpenFiles.Watches(child));
            Assert.All(OpenFiles.Listening(child), at => Assert.Equal(IPAddress.Loopback, at.Address));
        });
        Assert.Single(OpenFiles.Listening(train.Children("server")[0]));

        train.Signal(SigTerm);
        await Waiting.UntilAsync(() => train.Error.Contains("cancelling the job and ending its processes", StringComparison.Ordinal), "what it ends", () => train.Error, TimeSpan.FromSeconds(2));
        Assert.Equal(130, await train.ExitAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("Asked to end", await File.ReadAllTextAsync(Path.Combine(folder["run"], "cluster", "server-0.log")), StringComparison.Ordinal);
        var log = await File.ReadAllTextAsync(Path.Combine(folder["run"], "cluster", "silo-0.log"));
        Assert.Contains("Asked to end", log, StringComparison.Ordinal);
        // The last silo has nobody to hand over to, which is no error, whoever still waits.
        Assert.DoesNotContain("fail: ", log, StringComparison.Ordinal);
    }
}
