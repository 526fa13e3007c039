using System.Net;
using System.Net.Sockets;

namespace DistTrain.Tests.Shared;

/// <summary>Ports of this machine's loopback interface.</summary>
internal static class Ports
{
    /// <summary>One that nobody listens at just now.</summary>
    public static int Free() => Free(1)[0];

    /// <summary>Several, each another one.</summary>
    public static IReadOnlyList<int> Free(int count)
    {
        List<TcpListener> taken = [.. Enumerable.Range(0, count).Select(_ => Take())];
        int[] ports = [.. taken.Select(Of)];
        taken.ForEach(listener => listener.Dispose());
        return ports;
    }

    /// <summary>Listens at a free one until it is disposed.</summary>
    public static TcpListener Take()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Where one listens.</summary>
    public static int Of(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
