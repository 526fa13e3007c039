using DistTrain.Protocol.Clients;
using DistTrain.Security;
using DistTrain.Security.Certificates;
using Grpc.Core;

namespace DistTrain.Client.Calls;

/// <summary>The silos that a client knows, all of one cluster; the one that answered last is asked first.</summary>
internal sealed class Silos : IDisposable
{
    private readonly JobsChannel[] _channels;
    private int _current;

    private Silos(JobsChannel[] channels) => _channels = channels;

    /// <summary>The one to ask.</summary>
    public JobsChannel Current => _channels[Volatile.Read(ref _current)];

    /// <exception cref="ArgumentException">It is none.</exception>
    public static Uri AddressOf(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri)
        ? uri
        : throw new ArgumentException($"'{address}' is no address like http://127.0.0.1:5000", nameof(address));

    /// <exception cref="ArgumentException">An address is none, or credentials would travel without TLS.</exception>
    /// <exception cref="DistTrainException">A file with certificates can't be used.</exception>
    public static Silos Open(IReadOnlyList<Uri> addresses, DistTrainClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (addresses.Count == 0)
            throw new ArgumentException("a client needs the address of one silo at least", nameof(addresses));
        foreach (var address in addresses)
            Require(address, options);
        try
        {
            var certificates = options.CertificateFolder is { } folder ? CertificateFolder.OfClient(folder) : null;
            return new Silos([.. addresses.Select(address => new JobsChannel(
                new FrontDoor(new Endpoint(address.IdnHost, address.Port), certificates, options.TokenFile) { IsSecure = address.Scheme == Uri.UriSchemeHttps, Token = options.Token }))]);
        }
        catch (SecurityFileException e)
        {
            throw new DistTrainException(ClusterFailure.LocalFile, [e.Message], e);
        }
    }

    /// <summary>Asks the current silo, and where it is away the next ones, each once.</summary>
    /// <exception cref="DistTrainException">One has refused, or none has answered.</exception>
    public async Task<T> AskAsync<T>(Func<JobsChannel, Task<T>> call, CancellationToken cancel)
    {
        for (var asked = 1; ; asked++)
        {
            var silo = Current;
            try
            {
                return await call(silo).ConfigureAwait(false);
            }
            catch (RpcException e) when (cancel.IsCancellationRequested)
            {
                throw new OperationCanceledException(e.Message, e, cancel);
            }
            catch (RpcException e) when (CallProblem.IsAway(e) && asked < _channels.Length)
            {
                PassOver(silo);
            }
            catch (RpcException e)
            {
                throw CallProblem.Of(e, silo.Endpoint);
            }
        }
    }

    /// <summary>The next one is asked from now on, unless somebody else has seen to it.</summary>
    public void PassOver(JobsChannel silo)
    {
        var at = Array.IndexOf(_channels, silo);
        Interlocked.CompareExchange(ref _current, (at + 1) % _channels.Length, at);
    }

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }

    private static void Require(Uri address, DistTrainClientOptions options)
    {
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{address}' is no address like http://127.0.0.1:5000 or https://train.example.com:5000", nameof(address));
        if (address.Scheme == Uri.UriSchemeHttp && (options.CertificateFolder ?? options.TokenFile ?? (object?)options.Token) is not null)
            throw new ArgumentException($"'{address}': certificates and tokens need https", nameof(address));
    }
}
