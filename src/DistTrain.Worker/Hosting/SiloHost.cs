namespace DistTrain.Worker.Hosting;

/// <summary>The worker silo process.</summary>
public static class SiloHost
{
    /// <summary>Serves until <paramref name="stop"/> is cancelled.</summary>
    /// <param name="options">How the process is set up.</param>
    /// <param name="listening">Called once with the endpoint of the gRPC front door, host:port.</param>
    /// <param name="stop">Ends the process gracefully.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task RunAsync(SiloOptions options, Action<string> listening, CancellationToken stop) =>
        throw new NotSupportedException();
}
