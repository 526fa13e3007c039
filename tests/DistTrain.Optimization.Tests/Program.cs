using DistTrain.Optimization.Tests.Determinism;
using DistTrain.Tests.Processes;

namespace DistTrain.Optimization.Tests;

internal static class Program
{
    public static Task<int> Main(string[] args) =>
        ChildProcess.MainAsync(args, new Dictionary<string, Func<string[], Task>> { [ServerArithmetic.Role] = ServerArithmetic.RunAsync });
}
