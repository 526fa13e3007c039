using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A real Redis on a free port, with a password and an append-only file, that can be killed and started again. Disposing ends it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly RunFolder _folder;
    private readonly int _port = FreePort();
    private Process? _process;

    private RedisServer(RunFolder folder)
    {
        _folder = folder;
        PasswordFile = folder["redis-password"];
        File.WriteAllText(PasswordFile, Guid.NewGuid().ToString("n"));
    }

    /// <summary>For <c>--cluster</c>.</summary>
    public string Address => $"redis://127.0.0.1:{_port}/1";

    public string PasswordFile { get; }

    /// <summary>Starts one; the test that asks is skipped where Redis is not installed.</summary>
    public static async Task<RedisServer> StartAsync(RunFolder folder)
    {
        Assert.SkipUnless(IsInstalled(), "redis-server is not installed");
        var redis = new RedisServer(folder);
        await redis.StartAsync();
        return redis;
    }

    /// <summary>Starts it with what it had written.</summary>
    public async Task StartAsync()
    {
        var data = Directory.CreateDirectory(_folder["redis"]).FullName;
        // The password comes by standard input: a command line can be read by everybody.
        var start = new ProcessStartInfo("redis-server", ["-"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start)!;
        await _process.StandardInput.WriteAsync(
            $"bind 127.0.0.1\nport {_port.ToString(CultureInfo.InvariantCulture)}\nsave \"\"\nappendonly yes\nappendfsync always\ndir {data}\nrequirepass {await File.ReadAllTextAsync(PasswordFile)}\n");
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal))
                continue;
            // Its log would fill the pipe.
            _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return;
        }

        Assert.Fail("redis-server ended instead of starting");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
    }

    private static bool IsInstalled()
    {
        try
        {
            using var version = Process.Start(new ProcessStartInfo("redis-server", ["--version"]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            version.WaitForExit();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
