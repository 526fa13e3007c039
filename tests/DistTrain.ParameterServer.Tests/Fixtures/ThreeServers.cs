namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>Three servers for jobs on one, two or three of them.</summary>
public sealed class ThreeServers : IAsyncLifetime
{
    public IReadOnlyList<RealServer> All { get; } = [new RealServer(), new RealServer(), new RealServer()];

    public async ValueTask InitializeAsync()
    {
        foreach (var server in All)
            await server.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in All)
            await server.DisposeAsync();
    }
}
