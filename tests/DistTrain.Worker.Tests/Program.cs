using DistTrain.Tests.Processes;
using DistTrain.Worker.Tests.Cluster;

namespace DistTrain.Worker.Tests;

internal static class Program
{
    public static Task<int> Main(string[] args) => ChildProcess.MainAsync(args, new Dictionary<string, Func<string[], Task>>
    {
        [MembershipRace.Role] = MembershipRace.RunAsync,
        [SiloProcess.Role] = SiloProcess.RunAsync,
    });
}
