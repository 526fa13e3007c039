using System.Globalization;
using DistTrain.Security.Certificates;

namespace DistTrain.Deployment.Tests;

/// <summary>Whether certificates made as the guide says are good for the names by which pods call each other.</summary>
internal static class NamesCheck
{
    public static IEnumerable<string> Problems(IReadOnlyList<Workload> workloads, InstallGuide guide)
    {
        foreach (var problem in guide.Hosts.Select(HostName.Problem).OfType<string>())
            yield return $"the guide's certificates: {problem}";
        foreach (var workload in workloads)
        {
            foreach (var host in workload.Pod.Spec.Containers.SelectMany(c => c.Args ?? []).SelectMany(Called).Where(host => !guide.Hosts.Any(name => IsFor(name, host))))
                yield return $"{workload.Name}: it calls {host}, for which the guide makes no certificate";
        }
    }

    /// <summary>As OpenSSL compares: a wildcard is one label.</summary>
    private static bool IsFor(string name, string host) => HostName.Problem(name) is null
        && (string.Equals(name, host, StringComparison.OrdinalIgnoreCase)
            || (name.StartsWith("*.", StringComparison.Ordinal) && host.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot
                && string.Compare(name, 1, host, dot, int.MaxValue, ignoreCase: true, CultureInfo.InvariantCulture) == 0));

    private static IEnumerable<string> Called(string argument) => argument.Split('=', 2) is [("--servers" or "--endpoint"), var endpoints]
        ? endpoints.Split(',').Select(endpoint => endpoint.Split(':')[0])
        : [];
}
