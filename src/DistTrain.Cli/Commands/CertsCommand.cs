using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Security;
using DistTrain.Security.Certificates;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain certs</c>: a development authority, and certificates under it.</summary>
internal static class CertsCommand
{
    private static readonly Option<string> Folder = new("--out")
    {
        Description = "Folder of the authority, made if missing; each certificate gets a folder in it. What is there is renewed.",
        HelpName = "folder",
        DefaultValueFactory = _ => "certs",
    };

    private static readonly Option<string[]> Hosts = CreateHosts();

    private static readonly Option<string[]> Submitters = List(
        "--submitters", "Names of those who submit jobs, separated by commas; each gets a certificate. Default: those that have one in the folder, or 'submitter'.");

    private static readonly Option<int> Days = SharedOptions.Number("--days", "How long certificates are valid; the authority ten times as long.", 365, 1, 3650);

    public static Command Create() => new Command(
        "certs", "Make an authority for development, and certificates for servers and silos (worker), for operators and for submitters.")
    {
        Folder,
        Hosts,
        Submitters,
        Days,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var (folder, days) = (context.Get(Folder), context.Get(Days));
        try
        {
            using var authority = DevelopmentAuthority.Open(folder, 10 * days, context.Clock);
            Issue(CallerRoles.Worker, CallerRoles.Worker);
            Issue(CallerRoles.Operator, CallerRoles.Operator);
            foreach (var name in context.GetOrDefault(Submitters) is { Length: > 0 } named ? named : SubmittersIn(folder))
                Issue(name, CallerRoles.Submitter);

            void Issue(string name, string role)
            {
                var own = Path.Combine(folder, name);
                IReadOnlyList<string> hosts = role != CallerRoles.Worker ? [] : context.GetOrDefault(Hosts) is { Length: > 0 } given ? given : HostsIn(own);
                authority.Issue(own, name, role, hosts, days);
                context.Print(new CertificateEvent(name, role, own, hosts), $"{own}: {name}, {role}{(hosts.Count > 0 ? $", for {string.Join(", ", hosts)}" : "")}");
            }
        }
        catch (SecurityFileException e)
        {
            throw CommandException.BadInput(e.Message);
        }

        return Task.FromResult(ExitCode.Done);
    }

    /// <summary>A certificate that is renewed stays good for the hosts that it was made for.</summary>
    private static IReadOnlyList<string> HostsIn(string folder) =>
        DevelopmentAuthority.Issued(folder)?.Hosts is { Count: > 0 } before ? before : ["localhost", "127.0.0.1"];

    private static string[] SubmittersIn(string folder)
    {
        string[] before =
        [
            .. Directory.EnumerateDirectories(folder)
                .Where(own => DevelopmentAuthority.Issued(own)?.Role == CallerRoles.Submitter)
                .Select(own => Path.GetFileName(own))
                .Order(StringComparer.Ordinal),
        ];
        return before.Length > 0 ? before : [CallerRoles.Submitter];
    }

    private static Option<string[]> CreateHosts()
    {
        var option = List(
            "--hosts",
            "Names and addresses at which servers and silos are reached, separated by commas; *.server.disttrain.svc stands for one label. "
                + "Default: those of the certificate that is renewed, or localhost and 127.0.0.1.");
        option.Validators.Add(result =>
        {
            foreach (var problem in Names(result.Tokens.Single().Value).Select(HostName.Problem).OfType<string>())
                result.AddError($"--hosts {problem}");
        });
        return option;
    }

    private static Option<string[]> List(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "name,...",
        CustomParser = result => Names(result.Tokens[0].Value),
    };

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
