using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Reports;
using DistTrain.Cli.Results;
using DistTrain.Client;
using DistTrain.Recipes;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>Runs the cells of a study one after the other, each as a job on a cluster of its own, as <c>train</c> does.</summary>
internal sealed class StudyRun(CommandContext context, Study study, ResultsFolder<StudyResult> folder, LivePage? page)
{
    /// <summary>What is done already stays; a run that was cut short is done again.</summary>
    /// <exception cref="CommandException">A cell failed for a reason that is not its numbers.</exception>
    /// <exception cref="OperationCanceledException">The user wants to stop.</exception>
    public async Task RunAsync(IReadOnlyList<StudyCell> cells)
    {
        foreach (var (index, cell) in cells.Index())
        {
            context.Interruption.Requested.ThrowIfCancellationRequested();
            var jobSha256 = StudyResult.ShaOf(study, cell);
            var done = folder.Find(cell.Name, jobSha256);
            var result = done is not null && !Lacks(done) ? done : Looked(CanLook(done) ? done! : await RunAsync(cell, jobSha256));
            if (result != done)
                folder.Add(result);
            page?.End(new RunFolder(folder.RunFolder(cell.Name)));
            var results = StudyResult.Of(folder, study);
            folder.WriteTable(StudyTable.Markdown(study, results));
            StudyPlot.Write(study, results, folder.Path);
            StudyTime.Write(study, results, folder.Path);
            StudyLandscape.Write(study, results, folder.Path);
            StudySmoothness.Write(study, results, folder.Path);
            StudySharpness.Write(study, results, folder.Path);
            StudyForks.Write(study, results, folder.Path);
            context.Print(
                new Output.StudyCellEvent(cell.Name, result.State, result.Accuracy, result.Seconds, result.WeightsSha256, result.ValidationAccuracy),
                $"{index + 1}/{cells.Count} {cell.Name}: {(result.Accuracy is { } accuracy ? Figures.Share(accuracy) : result.State)}, {result.Seconds:F0} s{(done is null ? "" : ", done before")}");
        }
    }

    /// <summary>What the study looks for at the weights of a run was not looked for yet.</summary>
    private bool Lacks(StudyResult result) =>
        study.Diagnosis is { } asked && result.WeightsSha256 is not null && result.Diagnosis?.Setup != StudyDiagnosis.SetupOf(asked);

    /// <summary>The weights are still there.</summary>
    private bool CanLook(StudyResult? result) => result is not null && Directory.Exists(folder.RunFolder(result.Cell));

    private StudyResult Looked(StudyResult result) =>
        Lacks(result) ? result with { Diagnosis = StudyDiagnosis.At(context, folder.RunFolder(result.Cell), study.Diagnosis!) } : result;

    private async Task<StudyResult> RunAsync(StudyCell cell, string jobSha256)
    {
        var started = context.Clock.GetTimestamp();
        var run = RunFolder.Create(folder.NewRun(cell.Name));
        var job = run.Keep(Started(cell));
        List<long> forks = [.. study.Cells.Where(c => c.Fork?.Cell == cell.Name).Select(c => c.Fork!.Step).Distinct()];
        var display = new QuietDisplay(cell.Job.Spec.Dataset.Validation is not null, forks);
        await using var cluster = new LocalCluster(new ClusterPlan(run.FullPath, study.Servers, study.Silos, cell.Job.Spec.Determinism), SelfExecutable.Current, context.Clock, exit => context.Error.WriteLine(exit.Restart));
        var id = NewJobId.Make(job.Name, context.Clock);
        var ended = await new LocalRun(context, run, cluster, display) { Watcher = page?.Begin(run, id, job) }.RunAsync(id, job);
        Report.Leave(run.FullPath, context.Error, context.Clock);
        if (ended.State == JobState.Cancelled)
            throw new OperationCanceledException("the study was interrupted", context.Interruption.Requested);
        var diverged = ended.State == JobState.Failed && ended.Error?.Contains("not finite", StringComparison.Ordinal) == true;
        var result = ended is { State: JobState.Completed, Result: { } numbers } ? numbers
            : diverged ? null : throw CommandException.Failed($"{cell.Name}: {ended.Error}");
        return new StudyResult(
            cell.Name,
            cell.Recipe,
            cell.Batch,
            cell.Seed,
            diverged ? StudyResult.Diverged : StudyResult.Completed,
            result?.TestAccuracy,
            display.Evaluations,
            result?.Steps ?? ended.Step,
            Math.Round(context.Clock.GetElapsedTime(started).TotalSeconds, 1),
            result?.WeightsSha256,
            jobSha256,
            diverged ? ended.Error : null,
            result?.ValidationAccuracy,
            display.StepMilliseconds,
            cell.Shows == StudyShows.Landscape ? display.Looks : null,
            Predictions: forks.Count == 0 ? null : display.Predictions,
            Machine: RunDiary.Machine);
    }

    /// <summary>The cell's job, with the path of what it starts from.</summary>
    /// <exception cref="CommandException">That is not there.</exception>
    private TrainingJob Started(StudyCell cell)
    {
        if (cell.Job.Spec.From is not { } start || cell.Fork is null)
            return cell.Job;
        var checkpoint = Path.Combine(folder.Path, start.Checkpoint);
        return Directory.Exists(checkpoint)
            ? cell.Job with { Spec = cell.Job.Spec with { From = start with { Checkpoint = checkpoint } } }
            : throw CommandException.BadInput($"{cell.Name} starts from {checkpoint}, which is not there; run {cell.Fork.Cell} too, and let it keep what it saves (checkpoint.keep)");
    }

    /// <summary>Keeps the evaluations and shows nothing.</summary>
    private sealed class QuietDisplay(bool validates, IReadOnlyList<long> forks) : IJobDisplay
    {
        private double _lossSum;
        private long _examples;
        private readonly List<double> _milliseconds = [];

        public List<StudyEvaluation> Evaluations { get; } = [];

        public List<StudyLook> Looks { get; } = [];

        public List<StudyPrediction> Predictions { get; } = [];

        /// <summary>The median of the second half: in the first the processes still warm up.</summary>
        public double? StepMilliseconds
        {
            get
            {
                List<double> late = [.. _milliseconds.Skip(_milliseconds.Count / 2).Order()];
                return late.Count == 0 ? null : Math.Round(late[late.Count / 2], 3);
            }
        }

        public void Note(string text)
        {
        }

        public void Submitted(string job)
        {
        }

        public async Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
        {
            var last = new JobSummary();
            await foreach (var next in events.WithCancellation(cancel))
            {
                last = next as JobSummary ?? last;
                if (next is ProbeMetrics look)
                    Looks.Add(StudyLook.Of(look));
                if (next is StepMetrics timed)
                    _milliseconds.Add(timed.Milliseconds);
                if (next is StepMetrics made && forks.Contains(made.Step))
                    Predictions.Add(new StudyPrediction(made.Step, made.Noise?.CriticalBatch));
                if (next is StepMetrics { Skipped: null } step)
                    (_lossSum, _examples) = (_lossSum + (step.Loss * step.Examples), _examples + step.Examples);
                if (next is ValidationMetrics validation)
                    Evaluated(validation.Epoch, validation.Accuracy, validation.Loss);
                else if (next is EvaluationMetrics evaluation && !validates)
                    Evaluated(evaluation.Epoch, evaluation.Accuracy, evaluation.Loss);
            }

            return last;
        }

        private void Evaluated(double epoch, double accuracy, double loss)
        {
            Evaluations.Add(new StudyEvaluation(
                epoch,
                accuracy,
                Math.Round(loss, 5),
                _examples == 0 ? null : Math.Round(_lossSum / _examples, 5)));
            (_lossSum, _examples) = (0, 0);
        }

        public void Completed(Output.CompletedEvent completed)
        {
        }

        public void Failed(string job, string reason)
        {
        }

        public void Cancelled(string job)
        {
        }
    }
}
