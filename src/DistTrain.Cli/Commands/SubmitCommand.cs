using System.CommandLine;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Client;
using DistTrain.Recipes;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain submit</c>: queues a job on a running cluster.</summary>
internal static class SubmitCommand
{
    private static readonly Argument<string> JobFileArgument = new("job.yaml") { Description = "The job file." };

    private static readonly Option<string?> Id = CreateId();

    private static readonly Option<bool> Watch = new("--watch") { Description = "Follow the job until it ends." };

    public static Command Create() => new Command(
        "submit", "Queue a job on a running cluster. The same id with the same job file is accepted again and is the same job.")
    {
        JobFileArgument,
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
        SharedOptions.Set,
        Id,
        Watch,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var (name, text) = JobFileInput.ReadForCluster(context.Get(JobFileArgument), context.Get(SharedOptions.Set), context.Error);
        using var cluster = ClientOptions.Open(context);
        var id = await context.AnswerAsync(
            context.Get(SharedOptions.Endpoint),
            cluster.SubmitAsync(text, context.GetOrDefault(Id) ?? NewJobId.Make(name, context.Clock), context.Interruption.Requested));
        var display = JobDisplay.For(context);
        display.Submitted(id);
        return context.Get(Watch) ? await WatchCommand.FollowAsync(context, cluster, display, id, 0) : ExitCode.Done;
    }

    private static Option<string?> CreateId()
    {
        var option = new Option<string?>("--id") { Description = "Id of the job; made from its name and the time when not given.", HelpName = "id" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var id }] && !JobId.IsValid(id))
                result.AddError($"--id '{id}' is not a job id: {SharedOptions.JobIdRule}");
        });
        return option;
    }
}
