using DistTrain.Protocol.Transport;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public sealed class WireVersionHandlerTests
{
    [Fact]
    public async Task Every_call_says_its_version_and_who_makes_it()
    {
        var seen = new Seen();
        using var client = new HttpClient(new WireVersionHandler(seen, "silo"));
        (await client.GetAsync(new Uri("http://127.0.0.1/"), TestContext.Current.CancellationToken)).Dispose();
        Assert.Equal([$"{WireVersion.Current}"], seen.Request!.Headers.GetValues(WireVersion.Header));
        Assert.Equal([$"silo (process {Environment.ProcessId} on {Environment.MachineName})"], seen.Request.Headers.GetValues(WireVersion.CallerHeader));
    }

    private sealed class Seen : HttpMessageHandler
    {
        public HttpRequestMessage? Request { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Request = request;
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
