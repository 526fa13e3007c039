using System.Text.Json.Serialization;

namespace DistTrain.Cli.Output;

/// <summary>One line of <c>--output json</c>. The property <c>event</c> comes first and names the kind.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(InvalidEvent), "invalid")]
[JsonDerivedType(typeof(ListeningEvent), "listening")]
[JsonDerivedType(typeof(WatchingEvent), "watching")]
[JsonDerivedType(typeof(CertificateEvent), "certificate")]
[JsonDerivedType(typeof(SubmittedEvent), "submitted")]
[JsonDerivedType(typeof(StateEvent), "state")]
[JsonDerivedType(typeof(StepEvent), "step")]
[JsonDerivedType(typeof(EvaluationEvent), "evaluation")]
[JsonDerivedType(typeof(ValidationEvent), "validation")]
[JsonDerivedType(typeof(UpdateProbeEvent), "probe")]
[JsonDerivedType(typeof(LogEvent), "log")]
[JsonDerivedType(typeof(CompletedEvent), "completed")]
[JsonDerivedType(typeof(FailedEvent), "failed")]
[JsonDerivedType(typeof(CancelledEvent), "cancelled")]
[JsonDerivedType(typeof(JobEntryEvent), "job")]
[JsonDerivedType(typeof(DownloadedEvent), "downloaded")]
[JsonDerivedType(typeof(CheckEvent), "check")]
[JsonDerivedType(typeof(EvaluatedEvent), "evaluated")]
[JsonDerivedType(typeof(ExportedEvent), "exported")]
[JsonDerivedType(typeof(VerifiedEvent), "verified")]
[JsonDerivedType(typeof(ReportedEvent), "reported")]
[JsonDerivedType(typeof(PageEvent), "page")]
[JsonDerivedType(typeof(ProductEvent), "product")]
[JsonDerivedType(typeof(DiagnosedEvent), "diagnosed")]
[JsonDerivedType(typeof(LossEvent), "loss")]
[JsonDerivedType(typeof(SlicedEvent), "sliced")]
[JsonDerivedType(typeof(StudyCellEvent), "cell")]
[JsonDerivedType(typeof(FaultEvent), "fault")]
[JsonDerivedType(typeof(ChaosRunEvent), "run")]
[JsonDerivedType(typeof(ChaosEvent), "chaos")]
[JsonDerivedType(typeof(RecipeEvent), "recipe")]
[JsonDerivedType(typeof(ScheduleEvent), "schedule")]
[JsonDerivedType(typeof(RateEvent), "rate")]
[JsonDerivedType(typeof(PolicyEvent), "policy")]
internal abstract record OutputEvent;

/// <summary>The input has mistakes; nothing was started. Always the last line.</summary>
internal sealed record InvalidEvent(IReadOnlyList<string> Problems) : OutputEvent;

/// <summary>A role is ready. Printed by <c>server</c> and <c>worker</c>, whatever the output format.</summary>
/// <param name="Role">server or silo.</param>
/// <param name="Endpoint">host:port.</param>
internal sealed record ListeningEvent(string Role, string Endpoint) : OutputEvent;

/// <summary>The operator has seen all objects there are. Printed by <c>operator</c>, whatever the output format.</summary>
/// <param name="Namespace">Which it follows; left out for all.</param>
internal sealed record WatchingEvent(string? Namespace) : OutputEvent;

/// <summary>A certificate that <c>certs</c> has made.</summary>
/// <param name="Name">Who it speaks for.</param>
/// <param name="Role">worker, operator or submitter.</param>
/// <param name="Folder">For <c>--certs</c>.</param>
/// <param name="Hosts">Names and addresses that a worker is called by; none of others.</param>
internal sealed record CertificateEvent(string Name, string Role, string Folder, IReadOnlyList<string> Hosts) : OutputEvent;

/// <summary>The cluster has the job.</summary>
internal sealed record SubmittedEvent(string Job) : OutputEvent;

/// <summary>The job's state is another one than before, or what it waits for is.</summary>
/// <param name="State">queued, running, completed, failed or cancelled.</param>
/// <param name="Step">Steps committed so far.</param>
/// <param name="TotalSteps">Steps of the whole job; 0 while unknown.</param>
/// <param name="Waits">What the job has been waiting for for more than 5 s; left out when for nothing.</param>
internal sealed record StateEvent(string State, long Step, long TotalSteps, string? Waits = null) : OutputEvent;

/// <summary>A committed step. Loss and accuracy are means over its examples, at the weights before the update.</summary>
/// <param name="Skipped">Why it made no update; left out when it did.</param>
/// <param name="ReplayCheck">Whose gradient was computed twice, and by whom; left out when none was.</param>
/// <param name="GradientNorm">Of the averaged gradient, before clipping; left out where ranks train on their own.</param>
/// <param name="GradientSquare">Estimate of |G|² from this step alone; left out where fewer than two ranks have examples.</param>
/// <param name="NoiseTrace">Estimate of tr Σ from this step alone; left out with it.</param>
/// <param name="NoiseScale">Smoothed tr Σ / |G|², in examples; left out while it is not known.</param>
/// <param name="CriticalBatch">The batch that it predicts; left out with it.</param>
internal sealed record StepEvent(
    long Step,
    double Epoch,
    double Loss,
    double? Accuracy,
    double LearningRate,
    int Examples,
    double Milliseconds,
    double ComputeMilliseconds,
    string? Skipped = null,
    string? ReplayCheck = null,
    double? GradientNorm = null,
    double? GradientSquare = null,
    double? NoiseTrace = null,
    double? NoiseScale = null,
    long? CriticalBatch = null) : OutputEvent
{
    /// <summary>1 − Σe²/Σ(y − ȳ)², ȳ being the training set's mean; left out but of regression, which has no accuracy.</summary>
    public double? R2 { get; init; }

    /// <summary>Mean |e|; left out with it.</summary>
    public double? Mae { get; init; }

    /// <summary>Share of the examples whose class is among the topK highest scores; left out where the job has no topK.</summary>
    public double? TopAccuracy { get; init; }
}

/// <summary>The weights of a step on a whole set.</summary>
internal abstract record SetEvent(long Step, double Epoch, double Loss, double? Accuracy) : OutputEvent
{
    /// <summary>1 − Σe²/Σ(y − ȳ)²; left out but of regression, which has no accuracy.</summary>
    public double? R2 { get; init; }

    /// <summary>Mean |e|; left out with it.</summary>
    public double? Mae { get; init; }

    /// <summary>Share of the set whose class is among the topK highest scores; left out where the job has no topK.</summary>
    public double? TopAccuracy { get; init; }
}

/// <summary>On the test set.</summary>
internal sealed record EvaluationEvent(long Step, double Epoch, double Loss, double? Accuracy) : SetEvent(Step, Epoch, Loss, Accuracy);

/// <summary>On what the job sets apart of the training set.</summary>
internal sealed record ValidationEvent(long Step, double Epoch, double Loss, double? Accuracy) : SetEvent(Step, Epoch, Loss, Accuracy);

/// <summary>Something the cluster has to say about the job.</summary>
internal sealed record LogEvent(string Text) : OutputEvent;

/// <summary>The job, or the command before it had one, failed. Always the last line.</summary>
internal sealed record FailedEvent(string? Job, string Error) : OutputEvent;

/// <summary>The job was cancelled. Always the last line.</summary>
internal sealed record CancelledEvent(string Job) : OutputEvent;

/// <summary>A job as <c>list</c> and <c>cancel</c> show it.</summary>
/// <param name="SubmittedAt">ISO 8601, UTC.</param>
/// <param name="Waits">What it has been waiting for for more than 5 s; left out when for nothing.</param>
/// <param name="Decision">Why it is as it is: what was decided of it last; left out where nothing was.</param>
internal sealed record JobEntryEvent(
    string Job,
    string Name,
    string State,
    long Step,
    long TotalSteps,
    int Workers,
    DateTimeOffset SubmittedAt,
    string? Error,
    string? Waits = null,
    string? Decision = null) : OutputEvent;

/// <summary>All files of a job are in <paramref name="Folder"/>.</summary>
internal sealed record DownloadedEvent(string Job, string Folder, IReadOnlyList<string> Files) : OutputEvent;

/// <summary>What <c>export</c> wrote. Always the last line.</summary>
/// <param name="Checkpoint">The file or folder that was read.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="Format">onnx or safetensors.</param>
/// <param name="File">What was written.</param>
/// <param name="Input">Shape of one example; left out for safetensors.</param>
/// <param name="Mask">A second input says where examples end; left out for safetensors.</param>
/// <param name="Classes">Scores of one example; left out for safetensors.</param>
/// <param name="WeightsSha256">Of the parameters and buffers.</param>
internal sealed record ExportedEvent(
    string Checkpoint, long? Step, string Format, string File, IReadOnlyList<int>? Input, bool? Mask, int? Classes, string WeightsSha256) : OutputEvent;

/// <summary>What <c>verify</c> found. Always the last line.</summary>
/// <param name="Job">Id of the run's job.</param>
/// <param name="Steps">Number of the last step in its history.</param>
/// <param name="Epochs">Fractional epochs done.</param>
/// <param name="ExamplesChecked">Examples whose digests were found right, over all steps and ranks.</param>
/// <param name="WeightsSha256">Of the newest checkpoint; left out where it can't be read.</param>
/// <param name="Problems">One line each; none: the run is what it claims.</param>
internal sealed record VerifiedEvent(
    string Job, long Steps, double Epochs, long ExamplesChecked, string? WeightsSha256, IReadOnlyList<string> Problems) : OutputEvent;

/// <summary>A report was written. Always the last line.</summary>
/// <param name="File">The file, absolute.</param>
/// <param name="Runs">How many runs are in it.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record ReportedEvent(string File, int Runs, int Bytes) : OutputEvent;

/// <summary>A page is served.</summary>
/// <param name="Address">Where a browser finds it.</param>
internal sealed record PageEvent(string Address) : OutputEvent;

/// <summary>The learning rates of a job as a whole, as <c>schedule</c> shows them before the single ones.</summary>
/// <param name="Schedule">Name of the schedule.</param>
/// <param name="Scaling">Rule of batch scaling.</param>
/// <param name="BaseRate">The optimizer's lr.</param>
/// <param name="Factor">What the rule multiplies it by.</param>
/// <param name="LearningRate">The product, which the schedule multiplies.</param>
/// <param name="WarmupEpochs">Warm-up after scaling, when it is in epochs.</param>
/// <param name="WarmupSteps">Warm-up when it is in steps.</param>
/// <param name="WarmupFrom">Factor of the rate where the warm-up starts.</param>
/// <param name="Examples">Size of the training set.</param>
internal sealed record ScheduleEvent(
    string Schedule,
    string Scaling,
    double BaseRate,
    double Factor,
    double LearningRate,
    double WarmupEpochs,
    double WarmupSteps,
    double WarmupFrom,
    long TotalSteps,
    double TotalEpochs,
    int Examples) : OutputEvent;

/// <summary>The rate of one step, with the numbers that the step's own event will have.</summary>
internal sealed record RateEvent(long Step, double Epoch, double LearningRate) : OutputEvent;

/// <summary>An optimizer or schedule as <c>optimizers</c> and <c>schedules</c> list it.</summary>
/// <param name="Kind">optimizer or schedule.</param>
internal sealed record PolicyEvent(
    string Kind, string Name, string Summary, string Source, IReadOnlyList<PolicyOption> Options) : OutputEvent;

/// <param name="Default">As it stands in a job file; "required" when there is none.</param>
/// <param name="Allowed">The allowed values in words.</param>
/// <param name="Meaning">What it does, its unit, and when it is ignored.</param>
internal sealed record PolicyOption(string Name, string Default, string Allowed, string Meaning);

/// <summary>One finding of <c>doctor</c>.</summary>
/// <param name="Status">ok, warn or fail.</param>
/// <param name="Cure">What to do about it, or null.</param>
internal sealed record CheckEvent(string Name, string Status, string Message, string? Cure) : OutputEvent;

/// <summary>A cell of a study is done.</summary>
/// <param name="Cell">recipe-batch-seed.</param>
/// <param name="State">completed or diverged.</param>
/// <param name="TestAccuracy">Share of the test set, 0..1; null when it diverged.</param>
/// <param name="Seconds">Wall time of its run.</param>
/// <param name="WeightsSha256">Of the final weights; null when it diverged.</param>
/// <param name="ValidationAccuracy">Share of what the job sets apart of the training set; left out where it sets nothing apart.</param>
internal sealed record StudyCellEvent(
    string Cell, string State, double? TestAccuracy, double Seconds, string? WeightsSha256, double? ValidationAccuracy = null) : OutputEvent;

/// <summary>A fault that <c>chaos</c> brought about, once the cluster is over it.</summary>
/// <param name="Run">undisturbed or seed-N.</param>
/// <param name="Step">Last committed step when it struck.</param>
/// <param name="Kind">kill, stop, cut, delay, silence, damage or disk.</param>
/// <param name="Target">server-0, silo-1, ….</param>
/// <param name="StalledSeconds">Longest wait for a committed step from the fault until three steps after it; null when the job ended before.</param>
internal sealed record FaultEvent(string Run, long Step, string Kind, string Target, double? StalledSeconds) : OutputEvent;

/// <summary>A run of <c>chaos</c> is done and checked.</summary>
/// <param name="Run">undisturbed or seed-N.</param>
/// <param name="State">passed or failed.</param>
/// <param name="SecondsLost">Beyond the undisturbed run's.</param>
/// <param name="Violations">What did not hold: guarantee, what was expected, what was found.</param>
internal sealed record ChaosRunEvent(
    string Run,
    string State,
    int Kills,
    int OtherFaults,
    int Recoveries,
    long RedoneSteps,
    double Seconds,
    double SecondsLost,
    string? WeightsSha256,
    IReadOnlyList<string> Violations) : OutputEvent;

/// <summary>All runs of <c>chaos</c> are done. Always the last line.</summary>
/// <param name="Folder">Where runs and results are, absolute.</param>
internal sealed record ChaosEvent(int Runs, int Failed, string? WeightsSha256, string Folder) : OutputEvent;

/// <summary>A recipe as <c>recipes</c> lists it.</summary>
/// <param name="Spec">What it sets, YAML.</param>
internal sealed record RecipeEvent(string Name, string Summary, string Source, string Spec) : OutputEvent;
