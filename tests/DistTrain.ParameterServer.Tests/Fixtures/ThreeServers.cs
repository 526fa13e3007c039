namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>Three servers for jobs on one, two or three of them, with one folder, so that checkpoints can be read as a whole.</summary>
public sealed class ThreeServers : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    public ThreeServers() => All = [.. Enumerable.Range(0, 3).Select(_ => new RealServer { Folder = _folder.Path })];

    public IReadOnlyList<RealServer> All { get; }

    public async ValueTask InitializeAsync()
    {
        foreach (var server in All)
            await server.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in All)
            await server.DisposeAsync();
        _folder.Dispose();
    }
}
