using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DistTrain.Protocol.Transport;

/// <summary>Registration of the transport's parts, the same for parameter servers and silos.</summary>
public static class TransportSetup
{
    /// <summary>
    /// Makes Kestrel receive and send in 128 KiB blocks. Only after Kestrel's own registration, since the last one wins;
    /// <see cref="RoleApplication.CreateBuilder"/> has done that.
    /// </summary>
    public static IServiceCollection AddLargeBlocks(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new LargeBlockMemoryPoolFactory(provider.GetRequiredService<TimeProvider>()));
        return services.AddSingleton<IMemoryPoolFactory<byte>>(provider => provider.GetRequiredService<LargeBlockMemoryPoolFactory>());
    }
}
