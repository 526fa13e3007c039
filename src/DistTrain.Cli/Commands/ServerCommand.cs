using System.CommandLine;
using System.CommandLine.Parsing;
using DistTrain.Cli.Roles;
using DistTrain.ParameterServer.Hosting;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain server</c>: one parameter server process.</summary>
internal static class ServerCommand
{
    private static readonly Option<string> JobFolder = new("--job-folder")
    {
        Description = "Folder of a job's files; {job} stands for the job's id.",
        HelpName = "folder",
        DefaultValueFactory = _ => "runs/{job}",
    };

    private static readonly Option<long?> MemoryLimit = new("--memory-limit")
    {
        Description = "Most memory that the jobs' vectors may take together, e.g. 4GiB. Default: 8GiB.",
        HelpName = "size",
        CustomParser = ParseSize,
    };

    public static Command Create() => new Command(
        "server", "Start a parameter server: it keeps the parameters, averages the gradients and takes the optimizer's steps.")
    {
        RoleOptions.Host,
        RoleOptions.Port,
        JobFolder,
        MemoryLimit,
        RoleOptions.Determinism,
        RoleOptions.Certificates,
        RoleOptions.Access,
        RoleOptions.Insecure,
        RoleOptions.HttpPort,
        RoleOptions.HealthPort,
        RoleOptions.Log,
        RoleOptions.ExitWithParent,
        RoleOptions.Lock,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        if (ClusterAddresses.Problems(RoleOptions.Ports(context)).ToList() is { Count: > 0 } problems)
            throw CommandException.BadInput(problems);
        return RoleProcess.RunAsync(context, "server", (listening, stop) => ServerHost.RunAsync(Options(context), listening, stop), _ => { });
    }

    private static ServerOptions Options(CommandContext context) => new()
    {
        Host = context.Get(RoleOptions.Host).ToString(),
        Port = context.Get(RoleOptions.Port),
        Admission = RoleOptions.Admission(context),
        Probes = RoleOptions.Probes(context),
        JsonLogs = context.Get(RoleOptions.Log) == "json",
        JobFolder = context.Get(JobFolder),
        Determinism = context.Get(RoleOptions.Determinism),
        MemoryLimit = context.GetOrDefault(MemoryLimit) ?? new ServerOptions().MemoryLimit,
        // A child of `train` has to have saved its part before its parent's patience ends.
        StopPatience = context.Get(RoleOptions.ExitWithParent) ? ParentWatch.Grace - TimeSpan.FromSeconds(2) : new ServerOptions().StopPatience,
    };

    private static long? ParseSize(ArgumentResult result)
    {
        if (ByteSize.TryParse(result.Tokens[0].Value, out var bytes))
            return bytes;
        result.AddError($"--memory-limit '{result.Tokens[0].Value}' is not a size: give {ByteSize.Rule}");
        return null;
    }
}
