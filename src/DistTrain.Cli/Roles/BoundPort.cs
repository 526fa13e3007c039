using System.Net;
using System.Net.Sockets;

namespace DistTrain.Cli.Roles;

/// <summary>A port that a role listens on, and the option that says so.</summary>
/// <param name="Option">E.g. <c>--http-port</c>.</param>
/// <param name="Host">The address.</param>
/// <param name="Port">The port; 0: a free one.</param>
/// <param name="IsOptional">Without the option nothing is listened on; 0 is no value of it.</param>
internal sealed record BoundPort(string Option, IPAddress Host, int Port, bool IsOptional = false)
{
    private string Otherwise => IsOptional ? "leave it out" : "0 for a free one";

    /// <summary>Listens for a moment.</summary>
    /// <returns>What keeps a process from it, in the user's words; null: nothing.</returns>
    public string? Problem()
    {
        try
        {
            using var listener = new TcpListener(Host, Port);
            listener.Start();
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"port {Port} of {Host} is taken; choose another with {Option}, or {Otherwise}",
                SocketError.AccessDenied => $"port {Port} of {Host} is not for this user; choose one above 1023 with {Option}, or {Otherwise}",
                SocketError.AddressNotAvailable or SocketError.HostNotFound => $"--host {Host} is no address of this machine",
                _ => $"{Option} {Port} of {Host} can't be listened on: {e.Message}",
            };
        }
    }
}
