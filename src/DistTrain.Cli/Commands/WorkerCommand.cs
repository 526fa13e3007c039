using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.Protocol.Clients;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Hosting;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain worker</c>: one worker silo process.</summary>
internal static class WorkerCommand
{
    private const string FromParent = "-";

    private static readonly Option<IPAddress?> Advertise = new("--advertise")
    {
        Description = "Address at which the other silos reach this one. Default: --host.",
        HelpName = "address",
        CustomParser = RoleOptions.ParseAddress,
    };

    private static readonly Option<int> SiloPort =
        SharedOptions.Number("--silo-port", "Port for the other silos; 0 takes a free one.", 0, 0, 65535);

    private static readonly Option<ClusterStore> Cluster = new("--cluster")
    {
        Description = $"Where the cluster keeps its membership and job records, the same for all its silos: a folder (one machine) or {RedisStore.Form}.",
        HelpName = "folder|redis://...",
        Required = true,
        CustomParser = ParseCluster,
    };

    private static readonly Option<string?> RedisPassword = new("--redis-password-file")
    {
        Description = "File with the password of the cluster's Redis.",
        HelpName = "file",
    };

    private static readonly Option<int> StartWait =
        SharedOptions.Number("--start-wait", "Seconds that a silo waits at its start for a Redis that is not there yet.", 100, 0, 86_400);

    private static readonly Option<Endpoint[]> Servers = new("--servers")
    {
        Description = $"The parameter servers, separated by commas, in the same order for all silos; {FromParent}: 'train' says them by a line of standard input.",
        HelpName = "host:port,...",
        Required = true,
        CustomParser = ParseServers,
    };

    private static readonly Option<string?> DataRoot = new("--data-root")
    {
        Description = "Jobs read data in this folder only; a relative dataset.path starts from it. Default: they read what this process may.",
        HelpName = "folder",
    };

    private static readonly Option<int?> DashboardPort = RoleOptions.OptionalPort(
        "--dashboard-port", "Port for Orleans' dashboard, for operators; give it to all silos or to none. None by default.");

    private static readonly Option<int?> PagePort = RoleOptions.OptionalPort(
        "--page", "Port for the page of jobs and runs, for browsers, under --certs and --access as the calls of clients. None by default.");

    private static readonly Option<Uri?> PageAddress = new("--page-address")
    {
        Description = "Where browsers reach the page of this silo, if not at --advertise and --page: other silos' pages send their viewers there.",
        HelpName = "https://host:port",
        CustomParser = ParsePageAddress,
    };

    private static readonly Option<bool> Reflection = new("--reflection")
    {
        Description = "Tell clients which calls there are (gRPC server reflection), for tools like grpcurl; for submitters and operators, as the calls themselves.",
    };

    private static readonly Option<string?> CudaDevices = new("--devices")
    {
        Description = "CUDA devices for jobs with 'device: cuda', by their numbers on the bus, e.g. 0,1. Default: all that this process sees.",
        HelpName = "numbers",
    };

    private static readonly Option<int> Slots =
        SharedOptions.Number("--slots", "Ranks that may run here before a further job has to wait; 0 takes the number of cores.", 0, 0);

    public static Command Create() => new Command(
        "worker", "Start a worker silo: it hosts ranks, which compute gradients, and takes jobs from clients.")
    {
        RoleOptions.Host,
        RoleOptions.Port,
        Advertise,
        SiloPort,
        Cluster,
        RedisPassword,
        StartWait,
        Servers,
        DataRoot,
        Slots,
        CudaDevices,
        RoleOptions.Determinism,
        RoleOptions.Certificates,
        RoleOptions.Access,
        RoleOptions.Insecure,
        RoleOptions.HttpPort,
        RoleOptions.HealthPort,
        DashboardPort,
        PagePort,
        PageAddress,
        RoleOptions.SharedMemory,
        Reflection,
        RoleOptions.Log,
        RoleOptions.ExitWithParent,
        RoleOptions.Lock,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        if (AddressProblems(context).ToList() is { Count: > 0 } problems)
            throw CommandException.BadInput(problems);
        var servers = new TaskCompletionSource<IReadOnlyList<string>>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (context.Get(Servers) is { Length: > 0 } known)
            servers.SetResult([.. known.Select(server => server.ToString())]);
        else if (!context.Get(RoleOptions.ExitWithParent))
            throw CommandException.BadInput($"--servers {FromParent} is for the children of 'train': name the servers");
        return RoleProcess.RunAsync(
            context,
            "silo",
            PortsOf(context),
            (listening, stop) =>
            {
                PrepareTorch(context.Get(RoleOptions.Determinism), context.Error);
                return ServeAsync(Options(context, servers.Task), listening, stop);
            },
            line => servers.TrySetResult(line.Split(',')));
    }

    private static IEnumerable<string> AddressProblems(CommandContext context) =>
    [
        .. ClusterAddresses.Problems(context.Get(Servers), new IPEndPoint(context.Get(RoleOptions.Host), context.Get(RoleOptions.Port))),
        .. ClusterAddresses.Problems(PortsOf(context)),
        .. PageProblems(context),
    ];

    /// <summary>Everybody who reaches a page that asks nobody could end jobs by it.</summary>
    private static IEnumerable<string> PageProblems(CommandContext context)
    {
        if (context.GetOrDefault(PagePort) is null)
        {
            if (context.GetOrDefault(PageAddress) is not null)
                yield return $"{PageAddress.Name} without {PagePort.Name}: there is no page to be reached there";
        }
        else if (BindAddress.Problem(context.Get(RoleOptions.Host), insecure: false, context.GetOrDefault(RoleOptions.Certificates) is not null) is not null)
        {
            yield return $"{PagePort.Name} {context.Get(RoleOptions.Host)}: other machines can reach it, and nothing would ask who they are; give --certs, bind 127.0.0.1, or leave {PagePort.Name} out";
        }
    }

    private static IReadOnlyList<BoundPort> PortsOf(CommandContext context)
    {
        var silo = new BoundPort(SiloPort.Name, context.Get(RoleOptions.Host), context.Get(SiloPort));
        return RoleOptions.BoundPorts(context, [silo, .. new[] { DashboardPort, PagePort }.Select(option => RoleOptions.PortOf(context, option)).OfType<BoundPort>()]);
    }

    private static async Task ServeAsync(SiloOptions options, Action<string> listening, CancellationToken stop)
    {
        try
        {
            await SiloHost.RunAsync(options, listening, stop);
        }
        catch (ClusterStoreException e)
        {
            throw e.InnerException is { } cause && SystemFailure.Explain(cause) is { ExitCode: ExitCode.BadInput }
                ? CommandException.BadInput($"--cluster: {e.Message}")
                : CommandException.Failed(e.Message, e);
        }
        catch (DeviceLostException e)
        {
            throw CommandException.Failed(e.Message, e);
        }
        catch (WireVersionException e)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    // Before anything touches libtorch: it reads its settings once, when it is loaded.
    private static void PrepareTorch(string determinism, TextWriter log)
    {
        try
        {
            foreach (var setting in NativeEnvironment.Prepare(determinism).Where(setting => setting.IsOverride))
                RoleProcess.LogOverride(setting, log);
        }
        catch (TorchLoadException e)
        {
            throw CommandException.Failed(e.Message, e);
        }
    }

    private static DeviceSet FindDevices(string? chosen)
    {
        try
        {
            var (devices, problem) = DeviceSet.Of(chosen);
            return problem is null ? devices : throw CommandException.BadInput($"{CudaDevices.Name}: {problem}");
        }
        catch (NotSupportedException e)
        {
            throw CommandException.Failed(e.Message, e);
        }
    }

    private static SiloOptions Options(CommandContext context, Task<IReadOnlyList<string>> servers) => new()
    {
        Host = context.Get(RoleOptions.Host).ToString(),
        Port = context.Get(RoleOptions.Port),
        Admission = RoleOptions.Admission(context),
        Probes = RoleOptions.Probes(context),
        DashboardPort = context.GetOrDefault(DashboardPort),
        PagePort = context.GetOrDefault(PagePort),
        PageAddress = context.GetOrDefault(PageAddress),
        Program = RunDiary.Program,
        Reflection = context.Get(Reflection),
        JsonLogs = context.Get(RoleOptions.Log) == "json",
        Advertised = Advertised(context)?.ToString(),
        SiloPort = context.Get(SiloPort),
        Cluster = Store(context),
        Servers = servers,
        Determinism = context.Get(RoleOptions.Determinism),
        SharesMemory = RoleOptions.SharesMemory(context),
        DataRoot = context.GetOrDefault(DataRoot),
        RankSlots = context.Get(Slots),
        Devices = FindDevices(context.GetOrDefault(CudaDevices)),
    };

    private static IPAddress? Advertised(CommandContext context)
    {
        var advertised = context.GetOrDefault(Advertise);
        if ((advertised ?? context.Get(RoleOptions.Host)) is var known && (known.Equals(IPAddress.Any) || known.Equals(IPAddress.IPv6Any)))
            throw CommandException.BadInput($"{known} means every address of this machine: say by --advertise which of them the other silos reach");
        return advertised;
    }

    private static ClusterStore Store(CommandContext context) => (context.Get(Cluster), context.GetOrDefault(RedisPassword)) switch
    {
        (RedisStore redis, var password) => redis with { PasswordFile = password, StartWait = TimeSpan.FromSeconds(context.Get(StartWait)) },
        (_, not null) => throw CommandException.BadInput("--redis-password-file is for a cluster in Redis, and --cluster is a folder"),
        (var store, _) => store,
    };

    private static ClusterStore? ParseCluster(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (!RedisStore.IsMeant(text))
            return new FolderStore(text);
        if (RedisStore.TryParse(text) is { } redis)
            return redis;
        // Not the text itself: there may be a password in it.
        result.AddError($"--cluster is not {RedisStore.Form}; a password goes into a file, see --redis-password-file");
        return null;
    }

    private static Uri? ParsePageAddress(ArgumentResult result)
    {
        // The page's policy names it: nothing that could end a name there.
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" } && Uri.CheckHostName(address.IdnHost) != UriHostNameType.Unknown)
            return address;
        result.AddError($"--page-address '{result.Tokens[0].Value}' is no address of a page: give scheme, name and port, e.g. https://silo-0.example.org:8443");
        return null;
    }

    private static Endpoint[] ParseServers(ArgumentResult result) => result.Tokens[0].Value == FromParent
        ? []
        : [.. result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries)
            .Select(text => SharedOptions.ParseEndpoint(result, text))];
}
