using System.CommandLine;
using System.Text.RegularExpressions;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Roles;
using DistTrain.Operator.Hosting;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain operator</c>: makes jobs of the TrainingJob and LandscapeProbe objects of a Kubernetes cluster.</summary>
internal static partial class OperatorCommand
{
    private static readonly Option<string?> Kubeconfig = new("--kubeconfig")
    {
        Description = "File that says how the API server is reached, and as whom. Default: the account of the pod that this process runs in.",
        HelpName = "file",
    };

    private static readonly Option<string?> Namespace = CreateNamespace();

    private static readonly Option<bool> AllNamespaces = new("--all-namespaces")
    {
        Description = "Follow the objects of all namespaces; the account needs a ClusterRole for it.",
    };

    public static Command Create() => new Command(
        "operator", "Start the operator: it submits the TrainingJob and LandscapeProbe objects of a Kubernetes cluster as jobs, and writes what becomes of them into their status.")
    {
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
        Kubeconfig,
        Namespace,
        AllNamespaces,
        RoleOptions.Host,
        RoleOptions.HttpPort,
        RoleOptions.HealthPort,
        RoleOptions.Log,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var options = Options(context);
        BindAddress.Probe([.. RoleOptions.ProbesOf(context)]);
        context.Interruption.EndsInOrder = true;
        // Standard output belongs to the announcement: whatever a library prints goes to the log.
        Console.SetOut(context.Error);
        await OperatorHost.RunAsync(options, Announce, context.Interruption.Requested);
        return ExitCode.Done;

        void Announce()
        {
            context.Output.WriteLine(OutputJson.Line(new WatchingEvent(options.Namespace)));
            context.Output.Flush();
        }
    }

    private static OperatorOptions Options(CommandContext context)
    {
        if (context.Get(AllNamespaces) && context.GetOrDefault(Namespace) is not null)
            throw CommandException.BadInput("--namespace and --all-namespaces: give one of the two");
        try
        {
            var access = KubernetesAccess.Open(context.GetOrDefault(Kubeconfig));
            return new OperatorOptions
            {
                Door = ClientOptions.Door(context),
                Kubernetes = access,
                Namespace = context.Get(AllNamespaces) ? null : context.GetOrDefault(Namespace) ?? KubernetesAccess.NamespaceOf(access),
                Host = context.Get(RoleOptions.Host).ToString(),
                Probes = RoleOptions.Probes(context),
                JsonLogs = context.Get(RoleOptions.Log) == "json",
            };
        }
        catch (OperatorSetupException e)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    private static Option<string?> CreateNamespace()
    {
        var option = new Option<string?>("--namespace")
        {
            Description = "Namespace whose objects are followed. Default: that of the pod, or of the kubeconfig's context.",
            HelpName = "name",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var name }] && !NamespacePattern().IsMatch(name))
                result.AddError($"--namespace '{name}' is not a namespace: lower-case letters, digits and dashes, at most 63");
        });
        return option;
    }

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamespacePattern();
}
