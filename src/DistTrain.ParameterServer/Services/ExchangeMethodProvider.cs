using DistTrain.Protocol.Transport;
using Grpc.AspNetCore.Server.Model;

namespace DistTrain.ParameterServer.Services;

/// <summary>Maps the exchange's methods with frames in place of generated messages.</summary>
internal sealed class ExchangeMethodProvider : IServiceMethodProvider<ParameterExchangeService>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ParameterExchangeService> context)
    {
        context.AddDuplexStreamingMethod(ExchangeMethods.Exchange, [], (service, reader, writer, call) => service.Exchange(reader, writer, call));
        context.AddServerStreamingMethod(ExchangeMethods.ReadVersion, [], (service, request, writer, call) => service.ReadVersion(request, writer, call));
    }
}
