using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain download</c>: fetches the files of a job.</summary>
internal static class DownloadCommand
{
    private static readonly Option<string> Out = new("--out")
    {
        Description = "Folder for the files; made when it is not there. Files of the same name are replaced; one with another job's files is refused.",
        HelpName = "folder",
        Required = true,
    };

    public static Command Create() => new Command("download", "Fetch the files of a job that has ended: the model as safetensors, the metrics, the resolved job.")
    {
        SharedOptions.Job,
        SharedOptions.Endpoint,
        ClientOptions.Certificates,
        ClientOptions.TokenFile,
        Out,
    }.Does(RunAsync);

    private static async Task<int> RunAsync(CommandContext context)
    {
        var job = context.Get(SharedOptions.Job);
        var folder = Path.GetFullPath(context.Get(Out));
        if (FolderOwner.Of(folder) is { } owner && owner != job)
            throw CommandException.BadInput($"--out {context.Get(Out)} has the files of job '{owner}', not of '{job}'; give another folder");
        using var cluster = ClientOptions.Open(context);
        var files = await context.Waits.DuringAsync(
            $"{context.Get(SharedOptions.Endpoint)} to send the files of job {job}", cluster.DownloadAsync(job, folder, cancel: context.Interruption.Requested));
        if (files.Count > 0)
            FolderOwner.Claim(folder, job);
        Curves.Write(folder, context.Error);
        context.Print(
            new DownloadedEvent(job, folder, files),
            files.Count == 0 ? $"job {job} has no files" : string.Join(Environment.NewLine, files.Select(file => Path.Combine(folder, file))));
        return ExitCode.Done;
    }
}
