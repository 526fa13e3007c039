using System.Security.Cryptography;

namespace DistTrain.Protocol.Clients;

/// <summary>Waiting times that double, each shortened by chance by up to a quarter, so that many clients do not come back together.</summary>
/// <param name="First">Longest first wait.</param>
/// <param name="Longest">No wait is longer.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>The wait after <paramref name="failures"/> failures in a row, 1 or more.</summary>
    public TimeSpan After(int failures)
    {
        var doubled = First * Math.Pow(2, Math.Min(failures - 1, 30));
        var bounded = doubled < Longest ? doubled : Longest;
        return bounded * (1 - (RandomNumberGenerator.GetInt32(250) / 1000.0));
    }
}
