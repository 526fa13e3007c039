using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Hosting;

namespace DistTrain.Worker.Hosting;

/// <summary>
/// What fails inside the cluster, since a silo is gone or this one is leaving, is UNAVAILABLE to a client of the front door: the same call succeeds
/// later, or at another silo.
/// </summary>
internal sealed class UnavailableInterceptor(IHostApplicationLifetime silo) : Interceptor
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

    private bool IsPassing(Exception e) => e is OrleansException or TimeoutException || (silo.ApplicationStopping.IsCancellationRequested && e is not RpcException);

    private RpcException Unavailable(Exception e) => new(new Status(
        StatusCode.Unavailable,
        silo.ApplicationStopping.IsCancellationRequested ? "this silo is leaving" : $"the cluster is about to lose a silo: {e.Message}"));
}
