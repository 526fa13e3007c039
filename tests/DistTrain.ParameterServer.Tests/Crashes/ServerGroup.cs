using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>The servers of a scenario, on one disk.</summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    private readonly List<RealServer> _all = [];

    public IReadOnlyList<RealServer> All => _all;

    public static async Task<ServerGroup> StartAsync(CrashScenario scenario, string root, RecordedDisk disk)
    {
        var group = new ServerGroup();
        try
        {
            for (var server = 0; server < scenario.Servers; server++)
            {
                group._all.Add(new RealServer { Folder = scenario.FolderOf(root, server), Disk = disk });
                await group._all[server].InitializeAsync();
            }

            return group;
        }
        catch
        {
            await group.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _all)
            await server.DisposeAsync();
        _all.Clear();
    }
}
