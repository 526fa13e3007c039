using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Protocol.Clients;
using DistTrain.Security;
using DistTrain.Security.Certificates;

namespace DistTrain.Cli.Commands;

/// <summary>As whom a client calls a cluster.</summary>
internal static class ClientOptions
{
    private const string CertificatesVariable = "DISTTRAIN_CERTS";
    private const string TokenVariable = "DISTTRAIN_TOKEN_FILE";

    /// <summary>Certificate and authority.</summary>
    public static Option<string?> Certificates { get; } = new("--certs")
    {
        Description = $"Folder with ca.crt and, unless a token is shown, tls.crt and tls.key, for a cluster with TLS. Default: {CertificatesVariable}.",
        HelpName = "folder",
    };

    /// <summary>A token.</summary>
    public static Option<string?> TokenFile { get; } = new("--token-file")
    {
        Description = $"File with a bearer token to show. Default: {TokenVariable}.",
        HelpName = "file",
    };

    /// <summary>The cluster that <c>--endpoint</c> names.</summary>
    public static FrontDoor Door(CommandContext context) => Door(context, context.Get(SharedOptions.Endpoint));

    /// <summary>The cluster at an endpoint.</summary>
    /// <exception cref="CommandException">A file can't be used.</exception>
    public static FrontDoor Door(CommandContext context, Endpoint endpoint)
    {
        var token = context.GetOrDefault(TokenFile) ?? Variable(TokenVariable);
        if (token is not null)
            RequireReadable(token);
        try
        {
            var folder = context.GetOrDefault(Certificates) ?? Variable(CertificatesVariable);
            return new FrontDoor(endpoint, folder is null ? null : CertificateFolder.OfClient(folder), token);
        }
        catch (SecurityFileException e)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    private static void RequireReadable(string token)
    {
        try
        {
            File.OpenHandle(token).Dispose();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandException.BadInput($"there is no file {token} with a token");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"the token in {token}");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
