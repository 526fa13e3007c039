using System.CommandLine;
using System.CommandLine.Parsing;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Roles;
using DistTrain.Torch.Hosting;
using DistTrain.Worker.Hosting;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain worker</c>: one worker silo process.</summary>
internal static class WorkerCommand
{
    private static readonly Option<string> ClusterFolder = new("--cluster")
    {
        Description = "Folder of the cluster's membership and job records, shared by all its silos.",
        HelpName = "folder",
        Required = true,
    };

    private static readonly Option<Endpoint[]> Servers = new("--servers")
    {
        Description = "The parameter servers, separated by commas, in the same order for all silos.",
        HelpName = "host:port,...",
        Required = true,
        CustomParser = ParseServers,
    };

    private static readonly Option<int> Slots =
        SharedOptions.Number("--slots", "Ranks that may run here before a further job has to wait; 0 takes the number of cores.", 0, 0);

    public static Command Create() => new Command(
        "worker", "Start a worker silo: it hosts ranks, which compute gradients, and takes jobs from clients.")
    {
        RoleOptions.Host,
        RoleOptions.Port,
        ClusterFolder,
        Servers,
        Slots,
        RoleOptions.Insecure,
        RoleOptions.ExitWithParent,
        RoleOptions.Lock,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context) =>
        RoleProcess.RunAsync(context, "silo", (listening, stop) =>
        {
            PrepareTorch(context.Error);
            return SiloHost.RunAsync(Options(context), listening, stop);
        });

    // Before anything touches libtorch: it reads its settings once, when it is loaded.
    private static void PrepareTorch(TextWriter log)
    {
        try
        {
            foreach (var setting in NativeEnvironment.Prepare().Where(setting => setting.IsOverride))
                log.WriteLine($"{setting}: it decides the bits of a job");
        }
        catch (TorchLoadException e)
        {
            throw CommandException.Failed(e.Message, e);
        }
    }

    private static SiloOptions Options(CommandContext context) => new()
    {
        Host = context.Get(RoleOptions.Host).ToString(),
        Port = context.Get(RoleOptions.Port),
        ClusterFolder = context.Get(ClusterFolder),
        Servers = [.. context.Get(Servers).Select(server => server.ToString())],
        RankSlots = context.Get(Slots),
    };

    private static Endpoint[] ParseServers(ArgumentResult result) =>
        [.. result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries)
            .Select(text => SharedOptions.ParseEndpoint(result, text))];
}
