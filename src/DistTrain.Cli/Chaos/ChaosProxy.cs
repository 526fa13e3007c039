using System.Net;
using System.Net.Sockets;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// Stands before a parameter server: silos and other servers reach it through this one only. It passes bytes on and can reset its connections,
/// delay what passes, or pass nothing. The endpoint stays when the server is started again.
/// </summary>
internal sealed class ChaosProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Endpoint _server;
    private readonly TimeProvider _clock;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HashSet<ProxiedConnection> _connections = [];
    private readonly Task _accepting;
    private TaskCompletionSource _passing = Passing();
    private bool _ended;

    /// <param name="server">Where the server listens.</param>
    /// <param name="clock">Measures delays.</param>
    public ChaosProxy(Endpoint server, TimeProvider clock)
    {
        (_server, _clock) = (server, clock);
        _listener.Start();
        Door = new Endpoint("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        _accepting = AcceptAsync();
    }

    /// <summary>Where to reach the server.</summary>
    public Endpoint Door { get; }

    /// <summary>Latency each way of what arrives from now on.</summary>
    public TimeSpan Delay { get; set; }

    public int Connections
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Resets all connections; new ones are served.</summary>
    /// <returns>How many there were.</returns>
    public int Cut()
    {
        ProxiedConnection[] all;
        lock (_gate)
            all = [.. _connections];
        foreach (var connection in all)
            connection.Reset();
        return all.Length;
    }

    /// <summary>From now on connections are open, new ones too, and nothing passes.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            if (_passing.Task.IsCompleted)
                _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What was held up passes, and all that follows.</summary>
    public void Restore()
    {
        lock (_gate)
            _passing.TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _ended = true;
        _listener.Dispose();
        Restore();
        Cut();
        await _accepting;
    }

    private static TaskCompletionSource Passing()
    {
        var passing = new TaskCompletionSource();
        passing.SetResult();
        return passing;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var connection = new ProxiedConnection(client, _clock, () => Delay, UntilPassing);
        lock (_gate)
        {
            // Accepted while the proxy ended: nobody would cut it.
            if (_ended)
                return;
            _connections.Add(connection);
        }

        await connection.RunAsync(_server);
        lock (_gate)
            _connections.Remove(connection);
    }

    private Task UntilPassing()
    {
        lock (_gate)
            return _passing.Task;
    }
}
