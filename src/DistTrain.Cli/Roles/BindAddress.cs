using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Commands;

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
    /// <exception cref="CommandException">A role cannot listen there.</exception>
    public static void Probe(IPAddress host, int port)
    {
        try
        {
            using var listener = new TcpListener(host, port);
            listener.Start();
        }
        catch (SocketException e) when (Explain(e, host, port) is { } cause)
        {
            throw CommandException.BadInput(cause);
        }
    }

    /// <summary>What kept a role from binding, in the user's words; null when <paramref name="e"/> has another cause.</summary>
    public static string? Explain(Exception e, IPAddress host, int port)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException socket)
            {
                return socket.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"port {port} of {host} is taken; choose another with --port, or 0 for a free one",
                    SocketError.AccessDenied => $"port {port} of {host} is not for this user; choose one above 1023, or 0 for a free one",
                    SocketError.AddressNotAvailable or SocketError.HostNotFound => $"--host {host} is no address of this machine",
                    _ => null,
                };
            }
        }

        return null;
    }
}
