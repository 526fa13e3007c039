using System.Net;
using DistTrain.Protocol.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public class TransportSetupTests
{
    /// <summary>The registration works only if Kestrel asks this factory, which no compiler checks.</summary>
    [Fact]
    public async Task Kestrel_receives_into_large_blocks()
    {
        var stopping = TestContext.Current.CancellationToken;
        var builder = RoleApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddLargeBlocks();
        await using var app = builder.Build();
        app.MapPost("/", async (HttpRequest request) =>
        {
            var largest = 0;
            while (true)
            {
                var read = await request.BodyReader.ReadAsync();
                foreach (var segment in read.Buffer)
                    largest = Math.Max(largest, segment.Length);
                request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return Results.Text(largest.ToString());
            }
        });
        await app.StartAsync(stopping);

        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var body = new ByteArrayContent(new byte[8 << 20]);
        using var response = await client.PostAsync("/", body, stopping);
        var largestSegment = int.Parse(await response.Content.ReadAsStringAsync(stopping));

        Assert.True(app.Services.GetRequiredService<LargeBlockMemoryPoolFactory>().AllocatedBlocks > 0);
        Assert.InRange(largestSegment, 4097, LargeBlockMemoryPoolFactory.BlockSize);
        await app.StopAsync(stopping);
    }
}
