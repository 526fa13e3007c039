namespace DistTrain.ParameterServer.Hosting;

/// <summary>The parameter server process.</summary>
public static class ServerHost
{
    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="options">How the process is set up.</param>
    /// <param name="listening">Called once with the bound endpoint, host:port.</param>
    /// <param name="stop">Ends the process gracefully.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task RunAsync(ServerOptions options, Action<string> listening, CancellationToken stop) =>
        throw new NotSupportedException();
}
