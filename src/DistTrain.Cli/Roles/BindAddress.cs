using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Roles;

/// <summary>
/// Which addresses a role may bind. An open port of a cluster without authentication runs anybody's jobs, so anything but
/// the loopback address must be asked for by name.
/// </summary>
internal static class BindAddress
{
    /// <summary>The problem with <paramref name="host"/>, or null.</summary>
    /// <param name="host">The address.</param>
    /// <param name="insecure">The user said that nobody has to be asked.</param>
    /// <param name="asks">Callers have to show who they are.</param>
    public static string? Problem(IPAddress host, bool insecure, bool asks) =>
        insecure || asks || IPAddress.IsLoopback(host)
            ? null
            : $"--host {host} can be reached from other machines and nothing would authenticate them; "
                + "give --certs, bind 127.0.0.1, or say --insecure if the network is closed";

    /// <summary>
    /// Listens for a moment, so that a port that is taken is one clear line and not the log of a host that failed half-way.
    /// Somebody may still take it in between: then <see cref="Explain"/> has the last word.
    /// </summary>
    /// <param name="ports">All that the role listens on.</param>
    /// <exception cref="CommandException">It cannot listen on some of them; each is named.</exception>
    public static void Probe(params IReadOnlyList<BoundPort> ports)
    {
        if (Problems(ports).ToList() is { Count: > 0 } problems)
            throw CommandException.BadInput(problems);
    }

    /// <summary>What kept a role from binding, in the user's words; null when <paramref name="e"/> has another cause.</summary>
    /// <remarks>The error names an address at best: each port is tried again to find out which it was.</remarks>
    public static IReadOnlyList<string>? Explain(Exception e, params IReadOnlyList<BoundPort> ports)
    {
        var cause = e;
        while (cause is not (null or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied or SocketError.AddressNotAvailable or SocketError.HostNotFound }))
            cause = cause.InnerException;
        if (cause is null)
            return null;
        return Problems(ports).ToList() is { Count: > 0 } problems
            ? problems
            : [$"{e.Message} It is one of {string.Join(", ", ports.Select(port => $"{port.Option} {port.Port}"))}; start it again, or choose others"];
    }

    private static IEnumerable<string> Problems(IEnumerable<BoundPort> ports) => ports.Select(port => port.Problem()).OfType<string>().Distinct();
}
