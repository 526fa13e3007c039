using DistTrain.Worker.Cluster;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Worker.Hosting;

/// <summary>
/// What fails inside the cluster, since a silo or the store of its records is gone or this one is leaving, is UNAVAILABLE to a client of the front door: the same call succeeds
/// later, or at another silo.
/// </summary>
internal sealed class UnavailableInterceptor(IHostApplicationLifetime silo, SiloOptions options) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (IsPassing(e))
        {
            throw Unavailable(e);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (IsPassing(e))
        {
            throw Unavailable(e);
        }
    }

    private bool IsPassing(Exception e) => e is OrleansException or TimeoutException || StoreFailure.Explain(e, options.Cluster) is not null || (silo.ApplicationStopping.IsCancellationRequested && e is not RpcException);

    private RpcException Unavailable(Exception e) => new(new Status(
        StatusCode.Unavailable,
        silo.ApplicationStopping.IsCancellationRequested ? "this silo is leaving"
            : StoreFailure.Explain(e, options.Cluster) ?? $"the cluster is about to lose a silo: {e.Message}"));
}
