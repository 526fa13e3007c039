using Microsoft.Extensions.Hosting;

namespace DistTrain.Protocol.Transport;

/// <summary>A host that ends when its caller stops it, and listens to no signal of its own.</summary>
internal sealed class CallerLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
