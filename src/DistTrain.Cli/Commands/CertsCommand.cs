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

    private static readonly Option<string[]> Hosts = new("--hosts")
    {
        Description = "Names and addresses at which servers and silos are reached, separated by commas; *.name stands for one label.",
        HelpName = "name,...",
        DefaultValueFactory = _ => ["localhost", "127.0.0.1"],
        CustomParser = result => result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };

    private static readonly Option<string[]> Submitters = new("--submitters")
    {
        Description = "Names of those who submit jobs, separated by commas; each gets a certificate.",
        HelpName = "name,...",
        DefaultValueFactory = _ => ["submitter"],
        CustomParser = result => result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
    };

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
            foreach (var name in context.Get(Submitters))
                Issue(name, CallerRoles.Submitter);

            void Issue(string name, string role)
            {
                var own = Path.Combine(folder, name);
                authority.Issue(own, name, role, context.Get(Hosts), days);
                context.Print(new CertificateEvent(name, role, own), $"{own}: {name}, {role}");
            }
        }
        catch (SecurityFileException e)
        {
            throw CommandException.BadInput(e.Message);
        }

        return Task.FromResult(ExitCode.Done);
    }
}
