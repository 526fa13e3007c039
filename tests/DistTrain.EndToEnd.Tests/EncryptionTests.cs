using System.Buffers.Binary;

namespace DistTrain.EndToEnd.Tests;

/// <summary>What is between a silo and a server on the wire.</summary>
[Trait("Kind", "Process")]
public class EncryptionTests
{
    /// <summary>With which every HTTP/2 connection begins (RFC 9113, 3.4).</summary>
    private static readonly byte[] _http2 = "PRI * HTTP/2.0"u8.ToArray();

    private static readonly string[] _settings = ["model.name=mlp", "workers=1", "batch=64", "dataset.trainExamples=640", "dataset.testExamples=100", "steps=5"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Gradients_go_by_TLS_where_the_cluster_has_certificates(bool isSecured)
    {
        using var folder = new RunFolder();
        var certificates = isSecured ? await ClusterCertificates.MakeAsync(folder) : null;
        // As between machines: on one, gradients would not go by the network at all.
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 1, certificates: certificates, sharesMemory: false);
        await using var ending = cluster;
        await using var capture = await NetworkCapture.StartAsync(folder, cluster.Servers[0]);
        var watch = await cluster.SubmitAsync(silos[0], "captured", _settings);
        Assert.Equal(0, await watch.ExitAsync(TimeSpan.FromMinutes(2)));
        var directions = await capture.EndAsync();

        // Five gradients and six versions of the mlp are several MB.
        Assert.InRange(directions.Sum(d => d.Length), 5_000_000, int.MaxValue);
        Assert.All(directions.Where(d => d.Length > 0), d => Assert.Equal(isSecured, IsTls(d)));
        Assert.Equal(!isSecured, directions.Any(d => d.AsSpan().StartsWith(_http2)));
    }

    /// <summary>Nothing but records (RFC 8446, 5.1): what they are, version, length.</summary>
    private static bool IsTls(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 5)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
            if (bytes[0] is < 20 or > 23 || bytes[1] != 3 || length > (1 << 14) + 256)
                return false;
            bytes = bytes[Math.Min(5 + length, bytes.Length)..];
        }

        return true;
    }
}
