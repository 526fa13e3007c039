using DistTrain.Protocol.Tests.Regions;
using DistTrain.Tests.Processes;

namespace DistTrain.Protocol.Tests;

internal static class Program
{
    public static Task<int> Main(string[] args) =>
        ChildProcess.MainAsync(args, new Dictionary<string, Func<string[], Task>> { [RegionOwner.Role] = RegionOwner.RunAsync });
}
