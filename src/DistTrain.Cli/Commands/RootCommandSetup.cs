using System.CommandLine;
using System.CommandLine.Help;

namespace DistTrain.Cli.Commands;

/// <summary>All commands, in the order in which <c>--help</c> prints them.</summary>
internal static class RootCommandSetup
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "DistTrain trains neural networks on a cluster of worker silos and parameter servers. "
            + "The job file alone decides the resulting weights, bit by bit, whatever the size of the cluster.")
        {
            TrainCommand.Create(),
            ResumeCommand.Create(),
            SubmitCommand.Create(),
            WatchCommand.Create(),
            ListCommand.Create(),
            CancelCommand.Create(),
            DownloadCommand.Create(),
            ServerCommand.Create(),
            WorkerCommand.Create(),
            OperatorCommand.Create(),
            CertsCommand.Create(),
            EvalCommand.Create(),
            DiagnoseCommand.Create(),
            SliceCommand.Create(),
            ExportCommand.Create(),
            VerifyCommand.Create(),
            ReportCommand.Create(),
            PageCommand.Create(),
            StudyCommand.Create(),
            ChaosCommand.Create(),
            ScheduleCommand.Create(),
            PoliciesCommand.Optimizers(),
            PoliciesCommand.Schedules(),
            RecipesCommand.Create(),
            DoctorCommand.Create(),
        };
        root.Options.Add(SharedOptions.Output);
        root.Options.Add(SharedOptions.Verbose);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelp((HelpAction)help.Action!);
        return root;
    }
}
