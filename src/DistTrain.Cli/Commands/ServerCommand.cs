using System.CommandLine;
using System.CommandLine.Parsing;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.ParameterServer;
using DistTrain.ParameterServer.Hosting;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain server</c>: one parameter server process.</summary>
internal static class ServerCommand
{
    private static readonly Option<string> JobFolder = CreateJobFolder();

    /// <summary>Set by <c>train</c>, whose folder may be named as it likes.</summary>
    private static readonly Option<string?> RunFolder = new("--run-folder")
    {
        Description = "Folder of the one job's files, as it is written.",
        Hidden = true,
    };

    private static readonly Option<string?> DataRoot = new("--data-root")
    {
        Description = "Jobs start from what is in this folder only; a relative from.checkpoint starts from it. Give the silos the same. Default: from what this process may read.",
        HelpName = "folder",
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
        RunFolder,
        DataRoot,
        MemoryLimit,
        RoleOptions.Determinism,
        RoleOptions.Certificates,
        RoleOptions.Access,
        RoleOptions.Insecure,
        RoleOptions.HttpPort,
        RoleOptions.HealthPort,
        RoleOptions.SharedMemory,
        RoleOptions.Log,
        RoleOptions.ExitWithParent,
        RoleOptions.Lock,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var ports = RoleOptions.BoundPorts(context);
        if (ClusterAddresses.Problems(ports).ToList() is { Count: > 0 } problems)
            throw CommandException.BadInput(problems);
        return RoleProcess.RunAsync(context, "server", ports, (listening, stop) => ServeAsync(context, listening, stop), _ => { });
    }

    private static Task ServeAsync(CommandContext context, Action<string> listening, CancellationToken stop)
    {
        var options = Options(context);
        if (options.RunFolder is null && !options.JobFolder.Contains(ServerOptions.JobPlace, StringComparison.Ordinal))
            context.Error.WriteLine($"warning: --job-folder {options.JobFolder} has no {ServerOptions.JobPlace}: it is the folder of the first job, and others are refused");
        if (options.RunFolder is null)
            RequireWritable(options.JobFolder);
        return ServerHost.RunAsync(options, listening, stop);
    }

    /// <summary>A server that can't save is of no use to any job: it says so before it is ready, not at the first checkpoint.</summary>
    private static void RequireWritable(string jobFolder)
    {
        var above = WriteTrial.FolderAbove(jobFolder, ServerOptions.JobPlace);
        try
        {
            WriteTrial.Make(above);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--job-folder {jobFolder}: nothing can be saved in {above}");
        }
    }

    private static ServerOptions Options(CommandContext context) => new()
    {
        Host = context.Get(RoleOptions.Host).ToString(),
        Port = context.Get(RoleOptions.Port),
        Admission = RoleOptions.Admission(context),
        Probes = RoleOptions.Probes(context),
        JsonLogs = context.Get(RoleOptions.Log) == "json",
        JobFolder = context.Get(JobFolder),
        RunFolder = context.GetOrDefault(RunFolder),
        DataRoot = context.GetOrDefault(DataRoot),
        Determinism = context.Get(RoleOptions.Determinism),
        SharesMemory = RoleOptions.SharesMemory(context),
        MemoryLimit = context.GetOrDefault(MemoryLimit) ?? new ServerOptions().MemoryLimit,
        // A child of `train` has to have saved its part before its parent's patience ends.
        StopPatience = context.Get(RoleOptions.ExitWithParent) ? ParentWatch.Grace - TimeSpan.FromSeconds(2) : new ServerOptions().StopPatience,
    };

    private static Option<string> CreateJobFolder()
    {
        var option = new Option<string>("--job-folder")
        {
            Description = $"Folder of a job's files; {ServerOptions.JobPlace} stands for the job's id.",
            HelpName = "folder",
            DefaultValueFactory = _ => new ServerOptions().JobFolder,
        };
        // A place that nothing is put into would be one folder for all jobs.
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var folder }] && folder.Replace(ServerOptions.JobPlace, string.Empty, StringComparison.Ordinal).IndexOfAny(['{', '}']) >= 0)
                result.AddError($"--job-folder '{folder}' has braces that stand for nothing: write {ServerOptions.JobPlace} for the job's id, and no other braces");
        });
        return option;
    }

    private static long? ParseSize(ArgumentResult result)
    {
        if (ByteSize.TryParse(result.Tokens[0].Value, out var bytes))
            return bytes;
        result.AddError($"--memory-limit '{result.Tokens[0].Value}' is not a size: give {ByteSize.Rule}");
        return null;
    }
}
