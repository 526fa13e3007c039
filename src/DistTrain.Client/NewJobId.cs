using System.Globalization;
using System.Security.Cryptography;

namespace DistTrain.Client;

/// <summary>
/// Ids for jobs whose user gave none: <c>name-yyyyMMdd-HHmmss-xxxx</c>. The client makes them, so that a submission that is
/// sent again after a lost answer is the same job.
/// </summary>
public static class NewJobId
{
    /// <param name="name">The job's name: lower-case letters, digits and dashes.</param>
    /// <param name="clock">Tells the time.</param>
    public static string Make(string name, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return Make(name, clock.GetUtcNow(), RandomNumberGenerator.GetInt32(0x10000));
    }

    /// <param name="name">The job's name.</param>
    /// <param name="now">Time of the submission.</param>
    /// <param name="suffix">0..65535; keeps apart what is submitted in the same second.</param>
    internal static string Make(string name, DateTimeOffset now, int suffix) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}-{now.UtcDateTime:yyyyMMdd-HHmmss}-{suffix:x4}");
}
