using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Client;
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

    /// <summary>What the options say of the caller.</summary>
    /// <exception cref="CommandException">The token's file can't be read.</exception>
    public static DistTrainClientOptions Of(CommandContext context)
    {
        var token = context.GetOrDefault(TokenFile) ?? Variable(TokenVariable);
        if (token is not null)
            RequireReadable(token);
        return new DistTrainClientOptions
        {
            CertificateFolder = context.GetOrDefault(Certificates) ?? Variable(CertificatesVariable),
            TokenFile = token,
            Clock = context.Clock,
        };
    }

    /// <summary>A client of the cluster that <c>--endpoint</c> names, or of another one; as whom the command's options say.</summary>
    /// <exception cref="CommandException">A file can't be used.</exception>
    public static DistTrainClient Open(CommandContext context, Endpoint? endpoint = null)
    {
        var options = Of(context);
        var scheme = options.CertificateFolder is null && options.TokenFile is null ? "http" : "https";
        return new DistTrainClient($"{scheme}://{endpoint ?? context.Get(SharedOptions.Endpoint)}", options);
    }

    /// <summary>The cluster that <c>--endpoint</c> names.</summary>
    /// <exception cref="CommandException">A file can't be used.</exception>
    public static FrontDoor Door(CommandContext context)
    {
        var caller = Of(context);
        try
        {
            return new FrontDoor(
                context.Get(SharedOptions.Endpoint), caller.CertificateFolder is { } folder ? CertificateFolder.OfClient(folder) : null, caller.TokenFile);
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
