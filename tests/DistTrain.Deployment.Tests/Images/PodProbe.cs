using System.Net.Sockets;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using k8s.Models;

namespace DistTrain.Deployment.Tests.Images;

/// <summary>Asks a container's probes as a kubelet does: from outside, at the pod's address.</summary>
internal static class PodProbe
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    /// <summary>Asks until the answer is good.</summary>
    /// <param name="address">The pod's.</param>
    /// <param name="container">Whose probe it is.</param>
    /// <param name="probe">The probe.</param>
    public static async Task PassAsync(string address, V1Container container, V1Probe probe)
    {
        using var limit = new CancellationTokenSource(_patience);
        await Waiting.UntilAsync(
            () => ProblemAsync(address, container, probe, limit.Token), problem => problem is null, $"{container.Name} at {address} to be well", _patience);
    }

    private static async Task<string?> ProblemAsync(string address, V1Container container, V1Probe probe, CancellationToken stop)
    {
        try
        {
            if (probe.Grpc is { } grpc)
            {
                using var channel = GrpcChannel.ForAddress($"http://{address}:{grpc.Port}");
                var answer = await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest { Service = grpc.Service ?? "" }, cancellationToken: stop);
                return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? null : $"grpc {grpc.Port}: {answer.Status}";
            }

            if (probe.HttpGet is { } http)
            {
                using var client = new HttpClient();
                using var answer = await client.GetAsync(new Uri($"http://{address}:{Number(container, http.Port)}{http.Path}"), stop);
                return answer.IsSuccessStatusCode ? null : $"{http.Path}: {answer.StatusCode}";
            }

            using var tcp = new TcpClient();
            await tcp.ConnectAsync(address, Number(container, probe.TcpSocket.Port), stop);
            return null;
        }
        catch (Exception e) when (e is RpcException or HttpRequestException or SocketException or OperationCanceledException)
        {
            return e.Message;
        }
    }

    private static int Number(V1Container container, IntOrString port) => container.Ports.Single(p => Workload.Is(p, port)).ContainerPort;
}
