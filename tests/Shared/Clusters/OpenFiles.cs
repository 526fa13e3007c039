using System.Globalization;
using System.Net;

namespace DistTrain.Tests.Clusters;

/// <summary>What the system says that a process holds.</summary>
internal static class OpenFiles
{
    private const string Listens = "0A";

    /// <summary>How many instances of inotify, of which a user has few for all processes.</summary>
    public static int Watches(int process) => Links(process).Count(link => link.Contains("inotify", StringComparison.Ordinal));

    /// <summary>Where it listens.</summary>
    public static IReadOnlyList<IPEndPoint> Listening(int process)
    {
        var own = Links(process).Where(link => link.StartsWith("socket:[", StringComparison.Ordinal)).Select(link => link["socket:[".Length..^1]).ToHashSet();
        return
        [
            .. new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines($"/proc/{process}/net/{table}").Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(socket => socket[3] == Listens && own.Contains(socket[9]))
                .Select(socket => EndpointOf(socket[1])),
        ];
    }

    /// <summary>Words of 32 bits in the machine's order, a colon, the port.</summary>
    private static IPEndPoint EndpointOf(string text)
    {
        var address = text.Split(':')[0].Chunk(8).SelectMany(word => BitConverter.GetBytes(uint.Parse(word, NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToArray();
        return new IPEndPoint(new IPAddress(address), int.Parse(text.Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Links(int process) =>
        Directory.EnumerateFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget ?? string.Empty);
}
