using System.Diagnostics;
using System.Globalization;
using DistTrain.Tests.Processes;

namespace DistTrain.Tests.Clusters;

/// <summary>A real Redis on a free port, with a password and an append-only file, that can be killed and started again. Disposing ends it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly RunFolder _folder;
    private readonly int _port = Ports.Free();
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
        _process = Tool.Start(start);
        await _process.StandardInput.WriteAsync(
            $"bind 127.0.0.1\nport {_port.ToString(CultureInfo.InvariantCulture)}\nsave \"\"\nappendonly yes\nappendfsync always\ndir {data}\nrequirepass {await File.ReadAllTextAsync(PasswordFile)}\n");
        _process.StandardInput.Close();
        var last = "nothing";
        while (await _process.StandardOutput.ReadLineAsync().For("redis-server to be ready", () => $"its last words: {last}") is { } line)
        {
            last = line;
            if (!line.Contains("Ready to accept connections", StringComparison.Ordinal))
                continue;
            // Its log would fill the pipe.
            _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return;
        }

        Assert.Fail($"redis-server ended instead of starting; its last words: {last}");
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
}
