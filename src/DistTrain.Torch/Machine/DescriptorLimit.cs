using System.Globalization;

namespace DistTrain.Torch.Machine;

/// <summary>
/// How many files and sockets this process may have open at a time. Where they are used up, the first to fail is often the loading of a library, which
/// then "could not be found".
/// </summary>
public static class DescriptorLimit
{
    /// <summary>What a role needs with a few peers; a silo with two servers and a client has about 250.</summary>
    public const long Needed = 512;

    private const string Line = "Max open files";

    /// <summary>The limit; null where the system does not tell it. (.NET raises the soft limit to the hard one when it starts.)</summary>
    public static long? Read()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal));
            return line?[Line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..] && long.TryParse(soft, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Why a role can't run here, or null.</summary>
    public static string? Problem() => Read() is { } limit and < Needed
        ? $"this process may have {limit} files open at a time, and needs {Needed}: raise that (ulimit -n 4096, LimitNOFILE= of a systemd unit, --ulimit of a container)"
        : null;
}
