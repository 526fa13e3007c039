namespace DistTrain.Protocol.Transport;

/// <summary>Says with each call which wire version this process speaks, and which process it is.</summary>
/// <param name="inner">Sends the call.</param>
/// <param name="role">What the process is: silo or server.</param>
internal sealed class WireVersionHandler(HttpMessageHandler inner, string role) : DelegatingHandler(inner)
{
    private readonly string _caller = $"{role} (process {Environment.ProcessId} on {Environment.MachineName})";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation(WireVersion.Header, $"{WireVersion.Current}");
        request.Headers.TryAddWithoutValidation(WireVersion.CallerHeader, _caller);
        return base.SendAsync(request, cancellationToken);
    }
}
