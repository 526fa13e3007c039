using System.Diagnostics;
using DistTrain.Tests.Clusters;
using DistTrain.Tests.Processes;

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
        var start = new ProcessStartInfo("bash", [Repository.PathOf("deploy/image-test.sh"), .. arguments])
        {
            // podman looks for a folder of the image's name to build it from: here there is a program of that name.
            WorkingDirectory = Repository.PathOf("deploy"),
        };
        start.Environment["DISTTRAIN"] = DistTrainProcess.Executable;
        var ended = await Tool.EndAsync(start, limit: TimeSpan.FromMinutes(15));
        Assert.SkipWhen(ended.ExitCode == Skipped, ended.Output.Trim());
        return (ended.Checked, ended.Errors);
    }
}
