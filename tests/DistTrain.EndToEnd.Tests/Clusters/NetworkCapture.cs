using System.Buffers.Binary;
using System.Diagnostics;
using DistTrain.Tests.Processes;

namespace DistTrain.EndToEnd.Tests.Clusters;

/// <summary>What really goes over the loopback interface from and to a port, by tcpdump. Disposing ends it.</summary>
internal sealed class NetworkCapture : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int FileHeader = 24;
    private const int PacketHeader = 16;
    private const int EthernetHeader = 14;

    private readonly Process _tcpdump;
    private readonly string _file;

    private NetworkCapture(Process tcpdump, string file) => (_tcpdump, _file) = (tcpdump, file);

    /// <summary>Begins; the test that asks is skipped where tcpdump is not installed or may not listen.</summary>
    public static async Task<NetworkCapture> StartAsync(RunFolder folder, string endpoint)
    {
        var file = folder["capture.pcap"];
        // -U: each packet is in the file when it is seen; -B: room for what comes while others have the processor, KiB; -Z: as who we are.
        string[] arguments = ["-i", "lo", "-n", "-U", "-B", "65536", "-Z", Environment.UserName, "-w", file, "tcp", "port", endpoint.Split(':')[1]];
        var tcpdump = Tool.Start(new ProcessStartInfo("tcpdump", arguments) { UseShellExecute = false, RedirectStandardError = true });
        if (await tcpdump.StandardError.ReadLineAsync() is not { } said || !said.Contains("listening on", StringComparison.Ordinal))
        {
            tcpdump.Dispose();
            Assert.Skip("tcpdump may not listen here");
        }

        return new NetworkCapture(tcpdump, file);
    }

    /// <summary>Ends it.</summary>
    /// <returns>The bytes of each direction of each connection that began meanwhile, in order, up to the first that tcpdump has missed.</returns>
    public async Task<IReadOnlyList<byte[]>> EndAsync()
    {
        Assert.Equal(0, DistTrainProcess.Kill(_tcpdump.Id, SigInt));
        await _tcpdump.WaitForExitAsync();
        var directions = new Dictionary<(int From, int To), List<(uint Sequence, byte[] Bytes)>>();
        var began = new Dictionary<(int From, int To), uint>();
        var rest = new ReadOnlyMemory<byte>(await File.ReadAllBytesAsync(_file))[FileHeader..];
        while (rest.Length >= PacketHeader)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span[8..]);
            Add(rest.Slice(PacketHeader, length).Span[EthernetHeader..]);
            rest = rest[(PacketHeader + length)..];
        }

        return [.. began.Select(b => InOrder(directions[b.Key], b.Value + 1))];

        // IPv4, TCP.
        void Add(ReadOnlySpan<byte> packet)
        {
            var total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
            // Where the kernel leaves cutting to the card, a packet is larger than its header can say.
            var tcp = packet[((packet[0] & 15) * 4)..(total == 0 ? packet.Length : total)];
            var direction = (BinaryPrimitives.ReadUInt16BigEndian(tcp), BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]));
            var sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
            if ((tcp[13] & 2) != 0)
                (began[direction], directions[direction]) = (sequence, []);
            else if (directions.TryGetValue(direction, out var bytes))
                bytes.Add((sequence, tcp[(tcp[12] >> 4 << 2)..].ToArray()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_tcpdump.HasExited)
        {
            _tcpdump.Kill();
            await _tcpdump.WaitForExitAsync();
        }

        _tcpdump.Dispose();
    }

    private static byte[] InOrder(List<(uint Sequence, byte[] Bytes)> segments, uint next)
    {
        using var whole = new MemoryStream();
        foreach (var (sequence, bytes) in segments)
        {
            // Sent again: seen already. Further on than what comes next: one is missing.
            if (sequence != next)
            {
                if (unchecked((int)(sequence - next)) > 0)
                    break;
                continue;
            }

            whole.Write(bytes);
            next += (uint)bytes.Length;
        }

        return whole.ToArray();
    }
}
