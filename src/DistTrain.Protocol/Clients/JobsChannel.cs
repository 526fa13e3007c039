using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace DistTrain.Protocol.Clients;

/// <summary>A channel to one worker silo.</summary>
public sealed class JobsChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    public JobsChannel(FrontDoor door)
    {
        ArgumentNullException.ThrowIfNull(door);
        Endpoint = door.Endpoint;
        var handler = DirectHandler.Create(door.Certificates);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        _channel = GrpcChannel.ForAddress(door.Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            Credentials = door.Token is { } token ? WithToken(token) : door.TokenFile is { } file ? WithToken(cancel => ReadAsync(file, cancel)) : null,
            MaxReceiveMessageSize = 16 << 20,
            ServiceConfig = new ServiceConfig { MethodConfigs = { Retries() } },
        });
        Client = new TrainingJobs.TrainingJobsClient(_channel);
    }

    public Endpoint Endpoint { get; }

    public TrainingJobs.TrainingJobsClient Client { get; }

    public void Dispose() => _channel.Dispose();

    private static ChannelCredentials WithToken(Func<CancellationToken, ValueTask<string>> token) =>
        ChannelCredentials.Create(ChannelCredentials.SecureSsl, CallCredentials.FromInterceptor(async (call, metadata) =>
            metadata.Add("Authorization", $"Bearer {await token(call.CancellationToken)}")));

    private static async ValueTask<string> ReadAsync(string file, CancellationToken cancel) => (await File.ReadAllTextAsync(file, cancel)).Trim();

    // Every call of the service is idempotent, so all may be sent again when a silo was not there.
    private static MethodConfig Retries() => new()
    {
        Names = { MethodName.Default },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 3,
            InitialBackoff = TimeSpan.FromMilliseconds(200),
            MaxBackoff = TimeSpan.FromSeconds(1),
            BackoffMultiplier = 2,
            RetryableStatusCodes = { StatusCode.Unavailable },
        },
    };
}
