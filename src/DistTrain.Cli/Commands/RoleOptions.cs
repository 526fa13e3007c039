using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.Observability;
using DistTrain.Recipes;
using DistTrain.Security;
using DistTrain.Security.Access;
using DistTrain.Security.Callers;
using DistTrain.Security.Certificates;

namespace DistTrain.Cli.Commands;

/// <summary>Options that <c>server</c> and <c>worker</c> share.</summary>
internal static class RoleOptions
{
    private const string SharesMemoryWhereItCan = "auto";

    /// <summary>Address that a role binds.</summary>
    public static Option<IPAddress> Host { get; } = new("--host")
    {
        Description = "Address to bind.",
        HelpName = "address",
        DefaultValueFactory = _ => IPAddress.Loopback,
        CustomParser = ParseAddress,
    };

    /// <summary>Port that a role binds; 0 takes a free one.</summary>
    public static Option<int> Port { get; } =
        SharedOptions.Number("--port", "Port of the gRPC endpoint; 0 takes a free one.", 0, 0, 65535);

    /// <summary>What the process computes with; jobs say the same by spec.determinism.</summary>
    public static Option<string> Determinism { get; } = SharedOptions.Choice(
        "--determinism",
        "For jobs with the same bits on processors of one kind (host), or on all with AVX2 (portable); the same for all processes of a cluster.",
        [.. Determinisms.All]);

    /// <summary>The process's certificate and the authority of its cluster.</summary>
    public static Option<string?> Certificates { get; } = new("--certs")
    {
        Description = "Folder with tls.crt, tls.key and ca.crt: speak TLS, and let in only who shows a certificate of this authority or a token. Read again when renewed.",
        HelpName = "folder",
    };

    /// <summary>Tokens and limits.</summary>
    public static Option<string?> Access { get; } = new("--access")
    {
        Description = "File with tokens, and with limits of submitters (docs/security.md).",
        HelpName = "file",
    };

    /// <summary>Port of probes and metrics.</summary>
    public static Option<int?> HttpPort { get; } = OptionalPort("--http-port", "Port for /livez, /readyz and /metrics, plain HTTP that asks nobody; none by default.");

    /// <summary>Port of gRPC health checks.</summary>
    public static Option<int?> HealthPort { get; } = OptionalPort("--health-port", "Port for grpc.health.v1 without TLS, for probes that have no certificate; none by default.");

    /// <summary>Whether processes of one machine share memory; those of <c>train</c> and <c>chaos</c> have it from there.</summary>
    public static Option<string> SharedMemory { get; } = SharedOptions.Choice(
        "--shared-memory",
        "Gradients and versions between a silo and a server of one machine in memory that both see, where the system allows it, or always in messages. Results are the same.",
        SharesMemoryWhereItCan,
        "off");

    /// <summary>Form of the logs.</summary>
    public static Option<string> Log { get; } = SharedOptions.Choice("--log", "Logs as lines for people, or as a JSON object a line.", "text", "json");

    /// <summary>Lets a role bind more than the loopback address.</summary>
    public static Option<bool> Insecure { get; } = new("--insecure")
    {
        Description = "Allow an address that other machines can reach, without authentication.",
    };

    /// <summary>Set by <c>train</c> for the processes it starts.</summary>
    public static Option<bool> ExitWithParent { get; } = new("--exit-with-parent")
    {
        Description = "End when standard input is closed.",
        Hidden = true,
    };

    /// <summary>Set by <c>train</c> for the processes it starts: a file that the process holds as long as it lives.</summary>
    public static Option<string?> Lock { get; } = new("--lock")
    {
        Description = "File to hold as long as the process lives.",
        Hidden = true,
    };

    /// <summary>Memory is shared.</summary>
    public static bool SharesMemory(CommandContext context) => context.Get(SharedMemory) == SharesMemoryWhereItCan;

    /// <summary>Ports for those who look after the process.</summary>
    public static ProbePorts Probes(CommandContext context) => new(context.GetOrDefault(HttpPort), context.GetOrDefault(HealthPort));

    /// <summary>All ports that a role listens on, those that only some have last.</summary>
    public static IReadOnlyList<BoundPort> BoundPorts(CommandContext context, params IReadOnlyList<BoundPort> others)
    {
        var host = context.Get(Host);
        return [new BoundPort(Port.Name, host, context.Get(Port)), .. ProbesOf(context), .. others];
    }

    /// <summary>Those of <see cref="Probes"/> that are listened on.</summary>
    public static IEnumerable<BoundPort> ProbesOf(CommandContext context) =>
        new[] { HttpPort, HealthPort }.Select(option => PortOf(context, option)).OfType<BoundPort>();

    /// <summary>A port that is not listened on unless it is given.</summary>
    public static BoundPort? PortOf(CommandContext context, Option<int?> option) =>
        context.GetOrDefault(option) is { } port ? new BoundPort(option.Name, context.Get(Host), port, IsOptional: true) : null;

    /// <summary>Whom the process lets in.</summary>
    /// <exception cref="CommandException">A file can't be used; all problems are named.</exception>
    public static Admission Admission(CommandContext context)
    {
        var (certificates, access) = (context.GetOrDefault(Certificates), context.GetOrDefault(Access));
        if (access is not null && certificates is null)
            throw CommandException.BadInput("--access without --certs: tokens would travel in the clear");
        try
        {
            return new Admission(certificates is null ? null : CertificateFolder.OfRole(certificates), access is null ? AccessRules.None : AccessRules.Read(access));
        }
        catch (SecurityFileException e)
        {
            throw CommandException.BadInput(e.Message.Split(Environment.NewLine));
        }
    }

    /// <summary>A port that is not listened on unless it is given.</summary>
    public static Option<int?> OptionalPort(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "n" };
        SharedOptions.RequireNumber(option, 1, 65535);
        return option;
    }

    /// <summary>Reads an IP address, or adds the rule to the parse errors.</summary>
    public static IPAddress? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (string.Equals(text, "localhost", StringComparison.OrdinalIgnoreCase))
            return IPAddress.Loopback;
        if (IPAddress.TryParse(text, out var address))
            return address;
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} '{text}' is not an IP address, e.g. 127.0.0.1");
        return null;
    }
}
