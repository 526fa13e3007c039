using System.Diagnostics;

namespace DistTrain.Deployment.Tests.Images;

/// <summary><c>deploy/image-test.sh</c>, which makes the image and runs podman on it.</summary>
internal static class ImageScript
{
    private const int Skipped = 77;
    private static readonly Lazy<Task> _built = new(async () => await RunAsync("build"));

    /// <summary>Builds the image, once for all tests; where that can't be done, the test is skipped and says why.</summary>
    public static Task BuildAsync() => _built.Value;

    /// <summary>Runs the script to its end.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> RunAsync(params string[] arguments) => (await RunForBothAsync(arguments)).Output;

    /// <summary>Runs the script to its end.</summary>
    /// <returns>What it wrote to standard output and to standard error.</returns>
    public static async Task<(string Output, string Errors)> RunForBothAsync(params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "images are made on Linux");
        var start = new ProcessStartInfo("bash", [Path.Combine(Tool.Repository, "deploy", "image-test.sh"), .. arguments])
        {
            UseShellExecute = false,
            // podman looks for a folder of the image's name to build it from: here there is a program of that name.
            WorkingDirectory = Path.Combine(Tool.Repository, "deploy"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DISTTRAIN"] = Tool.Executable;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"image-test.sh {string.Join(' ', arguments)} does not end");
        }

        Assert.SkipWhen(process.ExitCode == Skipped, (await output).Trim());
        Assert.True(process.ExitCode == 0, $"image-test.sh {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await output}{await errors}");
        return (await output, await errors);
    }
}
